import { unknownOutput, type Model, type UnknownOutput } from "./model.ts";
import type { Operation } from "./operation.ts";

/**
 * The operations of one independent part in the form in which they are searched. Operations have numbers: those with
 * an answer from 0 in the order of their calls, then those without one, also in the order of their calls. Calls and
 * returns have ranks: their positions in time, where at one time all calls come before all returns.
 */
export interface PartHistory<Input, Output> {
  readonly operations: readonly Operation<Input, Output>[];
  /** How many operations have an answer: their numbers are the ones below. */
  readonly answeredCount: number;
  readonly callRanks: Int32Array;
  /** Of the operations with an answer. */
  readonly returnRanks: Int32Array;
}

/** Reads without an answer are left out: they say nothing and change nothing. */
export function toPartHistory<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): PartHistory<Input, Output> {
  const byCall = operations.toSorted((left, right) => left.invokedAt - right.invokedAt);
  const answered = byCall.filter(({ outcome }) => outcome.kind === "returned");
  const unanswered = byCall.filter(({ input, outcome }) => {
    return outcome.kind === "unknown" && model.isRead?.(input, unknownOutput) !== true;
  });
  const numbered = [...answered, ...unanswered];
  const calls = numbered.map(({ invokedAt }, number) => ({ number, isReturn: 0, time: invokedAt }));
  const returns = answered.map(({ outcome }, number) => {
    return { number, isReturn: 1, time: outcome.kind === "returned" ? outcome.returnedAt : Infinity };
  });
  const events = [...calls, ...returns].toSorted(
    (left, right) => left.time - right.time || left.isReturn - right.isReturn || left.number - right.number,
  );
  const callRanks = new Int32Array(numbered.length);
  const returnRanks = new Int32Array(answered.length);
  for (const [rank, { number, isReturn }] of events.entries()) {
    if (isReturn === 1) returnRanks[number] = rank;
    else callRanks[number] = rank;
  }
  return { operations: numbered, answeredCount: answered.length, callRanks, returnRanks };
}

/** What an operation said, for the model. */
export function outputOf<Output>({ outcome }: Operation<unknown, Output>): Output | UnknownOutput {
  return outcome.kind === "returned" ? outcome.output : unknownOutput;
}
