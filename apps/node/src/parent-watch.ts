/**
 * Standard input ends when whoever holds its other end is gone, however it went: a program that starts nodes leaves none
 * behind, even when it is killed.
 */
export function onParentGone(listener: () => void): void {
  const { stdin } = process;
  stdin.once("end", listener);
  stdin.once("error", listener);
  stdin.resume();
  // Waiting for the parent's end is no reason to go on living.
  stdin.unref();
}
