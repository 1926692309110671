/** A bug of ours, never a fault of the world and never bad input. Nothing catches it but the app, which stops. */
export class AssertionFailure extends Error {
  override readonly name = "AssertionFailure";
}

/** Always on, in production too. One condition per call, so that the message says which one broke. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** The branch that the types exclude. Reaching it is a bug. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${JSON.stringify(value)}`);
}
