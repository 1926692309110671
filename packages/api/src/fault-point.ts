/**
 * Places in the code where a simulation may take the rare way: an answer that gets lost, a slice of one entry. In what is
 * published they are not there: the build replaces the hook by `undefined` and drops what hangs on it.
 */
export type FaultPointHook = (name: string) => boolean;

declare global {
  /** Set by a simulation while one of its runs goes on, and by nobody else. */
  var aspenFaultPoint: FaultPointHook | undefined;
}
