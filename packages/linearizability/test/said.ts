import type { Operation } from "../src/operation.ts";

/** A call that was answered; the interval is from call to return. */
export function said<Input, Output>(
  processId: number | string,
  [invokedAt, returnedAt]: readonly [number, number],
  input: Input,
  output: Output,
): Operation<Input, Output> {
  return { processId, input, invokedAt, outcome: { kind: "returned", output, returnedAt } };
}

/** A call without an answer. */
export function asked<Input>(processId: number | string, invokedAt: number, input: Input): Operation<Input, never> {
  return { processId, input, invokedAt, outcome: { kind: "unknown" } };
}
