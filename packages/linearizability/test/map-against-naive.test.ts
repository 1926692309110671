/**
 * The map, transactions and all, against a map written here without a look at the model, and against every order of
 * every choice of the operations without an answer. ASPEN_LINEARIZABILITY_RUNS searches further.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkLinearizability } from "../src/check-linearizability.ts";
import { createMapModel } from "../src/models/map-model.ts";
import type { MapInput, MapOutput } from "../src/models/map-operation.ts";
import type { Scalar } from "../src/scalar.ts";
import { arbitraryHistory, recordedHistory, type History } from "./random-history.ts";
import { transactionCase } from "./transaction-case.ts";

const RUNS = Number(process.env["ASPEN_LINEARIZABILITY_RUNS"] ?? 4_000);
const SEED = 31_337;

type Contents = Map<string, Scalar>;

/** What a map may answer, in as many or as few words as it likes; `contents` become what they are afterwards. */
function answersOf(contents: Contents, input: MapInput): MapOutput[] {
  const before = new Map(contents);
  switch (input.kind) {
    case "get":
      return [{ kind: "value", value: before.get(input.key) }];
    case "scan":
      return [{ kind: "entries", entries: [...before].filter(([key]) => input.keys.includes(key)) }];
    case "set":
      contents.set(input.key, input.value);
      return [{ kind: "done" }, { kind: "value", value: before.get(input.key) }];
    case "setMany":
      for (const [key, value] of input.entries) contents.set(key, value);
      return [{ kind: "done" }];
    case "delete":
      contents.delete(input.key);
      return [
        { kind: "done" },
        { kind: "value", value: before.get(input.key) },
        { kind: "count", count: before.size - contents.size },
      ];
    case "deleteMany":
      for (const key of input.keys) contents.delete(key);
      return [{ kind: "done" }, { kind: "count", count: before.size - contents.size }];
    case "compareAndSwap":
    case "compareAndDelete": {
      const value = before.get(input.key);
      if (value !== input.expected) return [{ kind: "notSwapped" }, { kind: "notSwapped", actual: { value } }];
      if (input.kind === "compareAndSwap") contents.set(input.key, input.value);
      else contents.delete(input.key);
      return [{ kind: "swapped" }];
    }
    case "transaction": {
      const succeeded = !input.conditions.some(({ key, expected }) => before.get(key) !== expected);
      const values: (Scalar | undefined)[] = [];
      for (const step of succeeded ? input.success : input.failure) {
        if (step.kind === "set") contents.set(step.key, step.value);
        if (step.kind === "delete") contents.delete(step.key);
        if (step.kind === "get") values.push(contents.get(step.key));
      }
      return [{ kind: "transacted", succeeded, values }];
    }
  }
}

/** One text for equal answers. */
function textOf(output: MapOutput): string {
  const told =
    output.kind === "entries" ? output.entries.map(([key, value]) => `${key} is ${String(value)}`).toSorted() : output;
  return JSON.stringify(told, (_name, value: unknown) => (value === undefined ? "absent" : value));
}

function hasOrder(history: History<MapInput, MapOutput>, contents: Contents = new Map()): boolean {
  if (history.every(({ outcome }) => outcome.kind === "unknown")) return true;
  return history.some((next) => {
    const rest = history.filter((operation) => operation !== next);
    const comesTooEarly = rest.some(({ outcome }) => {
      return outcome.kind === "returned" && outcome.returnedAt < next.invokedAt;
    });
    if (comesTooEarly) return false;
    const after = new Map(contents);
    const answers = answersOf(after, next.input).map(textOf);
    const { outcome } = next;
    return (outcome.kind === "unknown" || answers.includes(textOf(outcome.output))) && hasOrder(rest, after);
  });
}

test.each([
  ["one part for each key and what connects it", createMapModel()],
  ["all keys in one group", createMapModel({ groupOf: () => "all" })],
  ["no views", { ...createMapModel(), viewsOf: () => [] }],
])("small histories have the verdict of a naive map: %s", (_name, model) => {
  const counts = { linearizable: 0, violation: 0, undecided: 0 };
  const histories = fc.oneof(arbitraryHistory(transactionCase), recordedHistory(transactionCase));
  const property = fc.property(histories, (history) => {
    const { kind } = checkLinearizability(model, history, { shrinkStepsMax: 0 });
    counts[kind] += 1;
    expect(kind).toBe(hasOrder(history) ? "linearizable" : "violation");
  });
  fc.assert(property, { numRuns: RUNS, seed: SEED });
  console.log(`seed ${SEED}: ${counts.linearizable} linearizable, ${counts.violation} not`);
  expect(counts.violation).toBeGreaterThan(RUNS / 5);
  expect(counts.linearizable).toBeGreaterThan(RUNS / 5);
});
