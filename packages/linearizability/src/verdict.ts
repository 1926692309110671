import type { Operation } from "./operation.ts";
import type { SearchLimits } from "./part-search.ts";

/** `steps`: how often the model was asked in all. */
export type Verdict<Input, Output> =
  | {
      readonly kind: "linearizable";
      /** One order for each independent part. An operation without an answer that explains nothing is in none. */
      readonly orders: readonly (readonly Operation<Input, Output>[])[];
      readonly steps: number;
    }
  | { readonly kind: "violation"; readonly violation: Violation<Input, Output>; readonly steps: number }
  | {
      /** No part was found bad, and at least one was not finished: nothing is known about the whole. */
      readonly kind: "undecided";
      readonly unfinished: readonly UnfinishedPart[];
      readonly steps: number;
    };

export interface UnfinishedPart {
  readonly partNames: readonly string[];
  readonly operationCount: number;
  readonly limit: keyof SearchLimits;
}

/**
 * Why a history is not linearizable. What is claimed, and has been checked in exactly this form: the answers of
 * `conflict`, as far as they are about `partNames`, cannot all be true, whatever the operations of `others` answered,
 * whether or not they took effect, and at whatever time after their calls. Nothing that was called after `endsAt` plays
 * a part. As far as the limit of steps for it went, no answer can be left out of `conflict` without losing that claim.
 */
export interface Violation<Input, Output> {
  /** The parts of the object that this is about. */
  readonly partNames: readonly string[];
  readonly conflict: readonly Operation<Input, Output>[];
  /** The other operations on the same parts that were called in time to have an effect. */
  readonly others: readonly Operation<Input, Output>[];
  /** The first call of `conflict`. */
  readonly startsAt: number;
  /** The last return of `conflict`. */
  readonly endsAt: number;
  /** How far one gets: an order that explains as many answers of `conflict` as any order does. */
  readonly deadEnd: DeadEnd<Input, Output>;
}

export interface DeadEnd<Input, Output> {
  /** Answers of `conflict`, and operations of `others` or without an answer as far as they help to explain them. */
  readonly order: readonly Operation<Input, Output>[];
  /** The state after that, in the words of the model. */
  readonly stateText: string;
  /** The operations of `conflict` of which one would have to come next, none of which can. */
  readonly stuck: readonly Operation<Input, Output>[];
}
