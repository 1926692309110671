/**
 * Makes a violation small enough to be understood. Leaving operations out of a history would not be sound: a read of
 * what was left out would look like a lie. Instead answers are disregarded: an operation whose answer is disregarded
 * may have taken effect at any time after its call, or never, which allows more histories and never fewer. What is
 * still bad then is bad because of the answers that are left.
 */
import { AssertionFailure, at } from "./assert.ts";
import { refused, type Model } from "./model.ts";
import { endOf, type Operation } from "./operation.ts";
import { byRelevance } from "./relevance.ts";
import { outputOf, toPartHistory, type PartHistory } from "./part-history.ts";
import { PartSearch, type SearchLimits, type SearchResult } from "./part-search.ts";
import type { Part } from "./parts.ts";
import type { Violation } from "./verdict.ts";

type BadResult = Extract<SearchResult, { kind: "violation" }>;

/** A part, and what one of its operations would be in it without its answer. */
interface ConflictingPart<Input, Output> extends Part<Input, Output> {
  withoutAnswer(operation: Operation<Input, Output>): readonly Operation<Input, Output>[];
}

/** Operations whose answers count, and those whose answers do not; together they are bad, as `result` says. */
interface Conflict<Input, Output> {
  readonly answers: readonly Operation<Input, Output>[];
  readonly others: readonly Operation<Input, Output>[];
  /** Of those whose answers do not count, what they were. */
  readonly recorded: ReadonlyMap<Operation<Input, Output>, Operation<Input, Output>>;
  readonly history: PartHistory<Input, Output>;
  readonly result: BadResult;
}

/** One attempt may cost so much of all that is left: the first hard one must not be the last. */
const ATTEMPT_SHARE = 1 / 8;
const STEPS_LEFT_MIN = 1_000;

export function findConflict<State, Input, Output>(
  model: Model<State, Input, Output>,
  part: ConflictingPart<Input, Output>,
  history: PartHistory<Input, Output>,
  result: BadResult,
  limits: SearchLimits,
): Violation<Input, Output> {
  const answered = history.operations.slice(0, history.answeredCount);
  const unanswered = history.operations.slice(history.answeredCount);
  const state = stateAfter(model, history, result.longestOrder);
  const stuck = stuckAfter(history, result.longestOrder);
  const relevant = byRelevance(model, history, result.lastReturn, stuck, state);
  const attempts = new BoundedAttempts(model, part, limits);
  const whole: Conflict<Input, Output> = {
    answers: answered,
    others: unanswered,
    recorded: new Map(),
    history,
    result,
  };
  return toViolation(model, part, shrunk(grown(relevant, attempts) ?? whole, attempts));
}

/** Is it still bad when only these answers count? Whatever was called after all of them had returned is left out. */
class BoundedAttempts<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #part: ConflictingPart<Input, Output>;
  readonly #limits: SearchLimits;
  #stepsLeft: number;

  constructor(model: Model<State, Input, Output>, part: ConflictingPart<Input, Output>, limits: SearchLimits) {
    this.#model = model;
    this.#part = part;
    this.#limits = limits;
    this.#stepsLeft = limits.stepsMax;
  }

  get areSpent(): boolean {
    return this.#stepsLeft < STEPS_LEFT_MIN;
  }

  /** `undefined`: not bad, or not decided within its share of the steps. */
  try(answers: readonly Operation<Input, Output>[]): Conflict<Input, Output> | undefined {
    if (this.areSpent || answers.length === 0) return undefined;
    const counted = new Set(answers);
    const endsAt = lastEndOf(answers);
    const { operations } = this.#part;
    const others = operations.filter((operation) => operation.invokedAt <= endsAt && !counted.has(operation));
    const recorded = new Map(
      others.flatMap((operation) => this.#withoutAnswer(operation).map((relaxed) => [relaxed, operation] as const)),
    );
    const history = toPartHistory(this.#model, [...answers, ...recorded.keys()]);
    const stepsMax = Math.ceil(this.#stepsLeft * ATTEMPT_SHARE);
    const result = new PartSearch(this.#model, history, { ...this.#limits, stepsMax }).run();
    this.#stepsLeft -= result.steps + operations.length;
    return result.kind === "violation" ? { answers, others, recorded, history, result } : undefined;
  }

  #withoutAnswer(operation: Operation<Input, Output>): readonly Operation<Input, Output>[] {
    return operation.outcome.kind === "unknown" ? [{ ...operation }] : this.#part.withoutAnswer(operation);
  }
}

/** Counts more and more answers, twice as many each time, until they are bad. Few answers are quickly checked. */
function grown<State, Input, Output>(
  candidates: readonly Operation<Input, Output>[],
  attempts: BoundedAttempts<State, Input, Output>,
): Conflict<Input, Output> | undefined {
  for (let count = 1; count < 2 * candidates.length; count *= 2) {
    const conflict = attempts.try(
      candidates.slice(0, count).toSorted((left, right) => left.invokedAt - right.invokedAt),
    );
    if (conflict !== undefined) return conflict;
  }
  return undefined;
}

/** Disregards stretches of answers, halves first and single ones last, and keeps what stays bad (Zeller 2002). */
function shrunk<State, Input, Output>(
  start: Conflict<Input, Output>,
  attempts: BoundedAttempts<State, Input, Output>,
): Conflict<Input, Output> {
  let smallest = start;
  let size = start.answers.length;
  while (size > 1) {
    size = Math.ceil(size / 2);
    let from = 0;
    while (from < smallest.answers.length) {
      if (attempts.areSpent) return smallest;
      const found = attempts.try(smallest.answers.toSpliced(from, size));
      if (found === undefined) from += size;
      else smallest = found;
    }
  }
  return smallest;
}

function toViolation<State, Input, Output>(
  model: Model<State, Input, Output>,
  part: Part<Input, Output>,
  { answers, others, recorded, history, result }: Conflict<Input, Output>,
): Violation<Input, Output> {
  const numbers = result.longestOrder;
  const { operations } = history;
  return {
    partNames: part.names,
    conflict: answers,
    others,
    startsAt: answers.reduce((start, { invokedAt }) => Math.min(start, invokedAt), Infinity),
    endsAt: lastEndOf(answers),
    deadEnd: {
      order: numbers.map((number) => {
        const operation = at(operations, number);
        return recorded.get(operation) ?? operation;
      }),
      stateText: model.stateText(stateAfter(model, history, numbers)),
      stuck: stuckAfter(history, numbers).map((number) => at(operations, number)),
    },
  };
}

/** A violation found in a view, told by what was recorded. */
export function asRecorded<Input, Output>(
  { conflict, others, deadEnd, ...rest }: Violation<Input, Output>,
  recorded: ReadonlyMap<Operation<Input, Output>, Operation<Input, Output>>,
): Violation<Input, Output> {
  const originals = (operations: readonly Operation<Input, Output>[]): readonly Operation<Input, Output>[] => {
    return operations.map((operation) => recorded.get(operation) ?? operation);
  };
  return {
    ...rest,
    conflict: originals(conflict),
    others: [...new Set(originals(others))],
    deadEnd: { ...deadEnd, order: originals(deadEnd.order), stuck: originals(deadEnd.stuck) },
  };
}

/** The operations with an answer of which one would have to come next. */
function stuckAfter<Input, Output>(history: PartHistory<Input, Output>, order: readonly number[]): number[] {
  const { answeredCount, callRanks, returnRanks } = history;
  const placed = new Set(order);
  const open = [...returnRanks.keys()].filter((number) => number < answeredCount && !placed.has(number));
  const firstReturn = open.reduce((rank, number) => Math.min(rank, at(returnRanks, number)), Infinity);
  return open.filter((number) => at(callRanks, number) < firstReturn);
}

function stateAfter<State, Input, Output>(
  model: Model<State, Input, Output>,
  { operations }: PartHistory<Input, Output>,
  numbers: readonly number[],
): State {
  let state = model.initialState;
  for (const number of numbers) {
    const operation = at(operations, number);
    const next = model.step(state, operation.input, outputOf(operation));
    if (next === refused) throw new AssertionFailure("an order that the search found is accepted");
    state = next;
  }
  return state;
}

/** Not by spreading into `Math.max`: a history may be longer than a list of arguments. */
function lastEndOf(operations: readonly Operation<unknown, unknown>[]): number {
  return operations.reduce((end, operation) => Math.max(end, endOf(operation)), -Infinity);
}

/** Of an operation that is there as it was recorded. */
export function withoutAnswer<Input, Output>(operation: Operation<Input, Output>): Operation<Input, Output> {
  return { ...operation, outcome: { kind: "unknown" } };
}
