/**
 * Makes a violation small enough to be understood. Leaving operations out of a history would not be sound: a read of
 * what was left out would look like a lie. Instead answers are disregarded: an operation whose answer is disregarded
 * may have taken effect at any time after its call, or never, which allows more histories and never fewer. What is
 * still bad then is bad because of the answers that are left.
 */
import { AssertionFailure, at } from "./assert.ts";
import { refused, type Model } from "./model.ts";
import { endOf, type Operation } from "./operation.ts";
import { outputOf, toPartHistory, type PartHistory } from "./part-history.ts";
import { PartSearch, type SearchLimits, type SearchResult } from "./part-search.ts";
import type { Part } from "./parts.ts";
import type { Violation } from "./verdict.ts";

type BadResult = Extract<SearchResult, { kind: "violation" }>;

/** Operations whose answers count, and those whose answers do not; together they are bad, as `result` says. */
interface Conflict<Input, Output> {
  readonly answers: readonly Operation<Input, Output>[];
  readonly others: readonly Operation<Input, Output>[];
  readonly history: PartHistory<Input, Output>;
  readonly result: BadResult;
}

type Attempt<Input, Output> = (answers: readonly Operation<Input, Output>[]) => Conflict<Input, Output> | undefined;

export function findConflict<State, Input, Output>(
  model: Model<State, Input, Output>,
  part: Part<Input, Output>,
  history: PartHistory<Input, Output>,
  result: BadResult,
  limits: SearchLimits,
): Violation<Input, Output> {
  const answered = history.operations.slice(0, history.answeredCount);
  const unanswered = history.operations.slice(history.answeredCount);
  const endsAt = endOf(at(history.operations, result.lastReturn));
  const prefix = answered.filter((operation) => endOf(operation) <= endsAt);
  const attempt = boundedAttempt(model, part, limits);
  const whole: Conflict<Input, Output> = { answers: answered, others: unanswered, history, result };
  return toViolation(model, part, shrunk(attempt(prefix) ?? whole, attempt));
}

/** Is it still bad when only these answers count? Whatever was called after all of them had returned is left out. */
function boundedAttempt<State, Input, Output>(
  model: Model<State, Input, Output>,
  part: Part<Input, Output>,
  { stepsMax, configurationsMax }: SearchLimits,
): Attempt<Input, Output> {
  let stepsLeft = stepsMax;
  return (answers) => {
    if (stepsLeft <= 0) return undefined;
    const counted = new Set(answers);
    const endsAt = lastEndOf(answers);
    const others = part.operations.filter((operation) => operation.invokedAt <= endsAt && !counted.has(operation));
    const history = toPartHistory(model, [...answers, ...others.map(withoutAnswer)]);
    const result = new PartSearch(model, history, { stepsMax: stepsLeft, configurationsMax }).run();
    stepsLeft -= result.steps;
    return result.kind === "violation" ? { answers, others, history, result } : undefined;
  };
}

/** Disregards stretches of answers, halves first and single ones last, and keeps what stays bad (Zeller 2002). */
function shrunk<Input, Output>(
  start: Conflict<Input, Output>,
  attempt: Attempt<Input, Output>,
): Conflict<Input, Output> {
  let smallest = start;
  let size = start.answers.length;
  while (size > 1) {
    size = Math.ceil(size / 2);
    let from = 0;
    while (from < smallest.answers.length) {
      const rest = smallest.answers.toSpliced(from, size);
      const found = rest.length === 0 ? undefined : attempt(rest);
      if (found === undefined) from += size;
      else smallest = found;
    }
  }
  return smallest;
}

function toViolation<State, Input, Output>(
  model: Model<State, Input, Output>,
  part: Part<Input, Output>,
  { answers, others, history, result }: Conflict<Input, Output>,
): Violation<Input, Output> {
  const numbers = result.longestOrder;
  const { operations, answeredCount, callRanks, returnRanks } = history;
  const placed = new Set(numbers);
  const open = [...callRanks.keys()].filter((number) => number < answeredCount && !placed.has(number));
  const firstReturn = open.reduce((rank, number) => Math.min(rank, at(returnRanks, number)), Infinity);
  return {
    partNames: part.names,
    conflict: answers,
    others,
    startsAt: answers.reduce((start, { invokedAt }) => Math.min(start, invokedAt), Infinity),
    endsAt: lastEndOf(answers),
    deadEnd: {
      order: numbers.map((number) => at(operations, number)),
      stateText: model.stateText(stateAfter(model, history, numbers)),
      stuck: open.filter((number) => at(callRanks, number) < firstReturn).map((number) => at(operations, number)),
    },
  };
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

function withoutAnswer<Input, Output>(operation: Operation<Input, Output>): Operation<Input, Output> {
  return { ...operation, outcome: { kind: "unknown" } };
}
