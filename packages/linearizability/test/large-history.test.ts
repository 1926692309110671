/** Large histories are decided in seconds. Steps are bounded here, because they are the same on every machine. */
import { describe, expect, test } from "vitest";
import { checkLinearizability } from "../src/check-linearizability.ts";
import { createMapModel } from "../src/models/map-model.ts";
import { keysOf, type MapInput, type MapOutput } from "../src/models/map-operation.ts";
import { endOf, type Operation } from "../src/operation.ts";
import type { Scalar } from "../src/scalar.ts";
import { transactionHistory } from "./map-workload.ts";
import { Random } from "./random.ts";
import { said } from "./said.ts";

const STEPS_MAX = 1_000_000;
const TIMEOUT_MS = 30_000;

type MapOperation = Operation<MapInput, MapOutput>;

/** What a transaction that failed saw of its group: all four values. */
function seenOnFailure({ outcome }: MapOperation): Extract<MapOutput, { kind: "transacted" }> | undefined {
  if (outcome.kind !== "returned" || outcome.output.kind !== "transacted") return undefined;
  return outcome.output.succeeded ? undefined : outcome.output;
}

/** From the middle on, one that failed says of half of its group what another one said long before. */
function torn(history: readonly MapOperation[]): MapOperation[] {
  for (const [index, operation] of history.entries()) {
    const seen = seenOnFailure(operation);
    if (index < history.length / 2 || seen === undefined || operation.outcome.kind !== "returned") continue;
    const group = keysOf(operation.input).toSorted().join();
    const earlier = history.slice(0, index - 1_000).findLast((other) => {
      return seenOnFailure(other) !== undefined && keysOf(other.input).toSorted().join() === group;
    });
    const values = earlier === undefined ? undefined : seenOnFailure(earlier)?.values;
    if (values === undefined) continue;
    const output: MapOutput = { ...seen, values: [...seen.values.slice(0, 2), ...values.slice(2)] };
    return history.with(index, { ...operation, outcome: { ...operation.outcome, output } });
  }
  throw new Error("there is no transaction to tear");
}

/** A read of two keys while a transaction writes both: it sees one of them written, and the other one as it was. */
function withHalfSeen(history: readonly MapOperation[]): MapOperation[] {
  for (const { input, invokedAt, outcome } of history.slice(history.length / 2)) {
    if (input.kind !== "transaction" || outcome.kind === "unknown") continue;
    const sets = input.success.filter((step) => step.kind === "set");
    const [first, second] = sets;
    if (outcome.output.kind !== "transacted" || !outcome.output.succeeded) continue;
    if (first === undefined || second === undefined || first.key === second.key) continue;
    const before = history.findLast((other) => endOf(other) < invokedAt && entriesOf(other)?.has(second.key) === true);
    if (before === undefined) continue;
    const values = [first.value, entriesOf(before)?.get(second.key)];
    const output: MapOutput = { kind: "transacted", succeeded: true, values };
    const success = sets.map(({ key }) => ({ kind: "get", key }) as const);
    const read: MapInput = { kind: "transaction", conditions: [], success, failure: [] };
    return [...history, said("half", [invokedAt, outcome.returnedAt], read, output)];
  }
  throw new Error("there is no transaction that writes two keys");
}

function entriesOf({ outcome }: MapOperation): ReadonlyMap<string, Scalar> | undefined {
  if (outcome.kind !== "returned" || outcome.output.kind !== "entries") return undefined;
  return new Map(outcome.output.entries);
}

describe.each([1, 2])("10,000 operations, a third of them transactions over groups of four keys, seed %i", (seed) => {
  const history = transactionHistory(new Random(seed));
  const transactions = history.filter(({ input }) => input.kind === "transaction");

  test("are what they are said to be", () => {
    expect(history.length).toBe(10_000);
    expect(transactions.length).toBeGreaterThan(3_000);
    const failedCount = transactions.filter((operation) => seenOnFailure(operation) !== undefined).length;
    expect(failedCount).toBeGreaterThan(500);
    expect(failedCount).toBeLessThan(2_500);
  });

  test(
    "are found good",
    () => {
      const verdict = checkLinearizability(createMapModel(), history, { stepsMax: STEPS_MAX });
      expect(verdict.kind).toBe("linearizable");
      expect(verdict.steps).toBeLessThan(STEPS_MAX);
    },
    TIMEOUT_MS,
  );

  test(
    "are found bad where one transaction saw half of what was there long before",
    () => {
      const verdict = checkLinearizability(createMapModel(), torn(history), { stepsMax: STEPS_MAX });
      expect(verdict.kind === "violation" && verdict.violation.conflict.length).toBeLessThan(6);
    },
    TIMEOUT_MS,
  );

  test(
    "are found bad where a read saw half of a transaction that is under way",
    () => {
      const options = { stepsMax: STEPS_MAX, shrinkStepsMax: 0 };
      const verdict = checkLinearizability(createMapModel(), withHalfSeen(history), options);
      expect(verdict.kind).toBe("violation");
    },
    TIMEOUT_MS,
  );
});
