/** Of every call that may wait. */
export interface CallOptions {
  /** The call fails with `timeout` when it has not ended by then. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}
