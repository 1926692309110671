/**
 * One call of one process: from when it was made until it was answered, and what the answer said.
 *
 * Times are any finite numbers that order events: milliseconds of one clock, or positions in a log. What returned at
 * the time of another's call counts as concurrent with it, so that a coarse clock never makes a good history bad.
 */
export interface Operation<Input, Output> {
  /** Who called. A label for people, and what `areProcessesSequential` goes by. */
  readonly processId: number | string;
  readonly input: Input;
  readonly invokedAt: number;
  readonly outcome: Outcome<Output>;
}

/** `unknown`: no answer came. The operation may have taken effect at any time after its call, or never. */
export type Outcome<Output> =
  | { readonly kind: "returned"; readonly output: Output; readonly returnedAt: number }
  | { readonly kind: "unknown" };

/** When the operation was over; never, if nobody knows. */
export function endOf(operation: Operation<unknown, unknown>): number {
  return operation.outcome.kind === "returned" ? operation.outcome.returnedAt : Infinity;
}
