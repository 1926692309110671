/**
 * The search against the definition, on small histories of every model: arbitrary ones, most of which are bad, and ones
 * recorded from a real object, of which some have one answer replaced. ASPEN_LINEARIZABILITY_RUNS searches further.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkLinearizability } from "../src/check-linearizability.ts";
import { refused, type Model } from "../src/model.ts";
import { endOf, type Operation } from "../src/operation.ts";
import { outputOf } from "../src/part-history.ts";
import { viewsOf } from "../src/views.ts";
import { isLinearizableByBruteForce } from "./brute-force.ts";
import {
  counterCase,
  keyedCounterCase,
  lockCase,
  mapCase,
  registerCase,
  swapRegisterCase,
  type ModelCase,
} from "./model-cases.ts";
import { arbitraryHistory, recordedHistory, type History } from "./random-history.ts";
import { transactionCase } from "./transaction-case.ts";

const RUNS = Number(process.env["ASPEN_LINEARIZABILITY_RUNS"] ?? 2_000);
const SEED = 20_260;

function expectLegalOrder<State, Input, Output>(
  { model }: ModelCase<State, Input, Output>,
  order: readonly Operation<Input, Output>[],
): void {
  let state = model.initialState;
  for (const [index, operation] of order.entries()) {
    const next = model.step(state, operation.input, outputOf(operation));
    expect(next).not.toBe(refused);
    state = next as State;
    for (const later of order.slice(index + 1)) expect(endOf(later)).toBeGreaterThanOrEqual(operation.invokedAt);
  }
}

/** The claim of a violation is about its parts alone: of a scan that names other keys as well, only what it said of these. */
function asFarAsAbout<State, Input, Output>(
  partNames: readonly string[],
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): readonly Operation<Input, Output>[] {
  const view = viewsOf(model, operations).find(({ name }) => partNames.length === 1 && partNames[0] === name);
  return view?.operations ?? operations;
}

/** Counts how many were good and bad, so that a test of one kind alone is noticed. */
function expectAgreement<State, Input, Output>(
  modelCase: ModelCase<State, Input, Output>,
  history: fc.Arbitrary<History<Input, Output>>,
): void {
  const { model } = modelCase;
  const counts = { linearizable: 0, violation: 0, undecided: 0 };
  const property = fc.property(history, (operations) => {
    const verdict = checkLinearizability(model, operations);
    counts[verdict.kind] += 1;
    expect(verdict.kind).toBe(isLinearizableByBruteForce(model, operations) ? "linearizable" : "violation");
    if (verdict.kind === "linearizable") {
      for (const order of verdict.orders) expectLegalOrder(modelCase, order);
      const answered = operations.filter(({ outcome }) => outcome.kind === "returned");
      expect(new Set(verdict.orders.flat())).toEqual(new Set([...answered, ...verdict.orders.flat()]));
    }
    if (verdict.kind !== "violation") return;
    const { conflict, partNames } = verdict.violation;
    const claimWith = (counted: readonly Operation<Input, Output>[]): boolean => {
      const relaxed = operations.map((operation): Operation<Input, Output> => {
        return counted.includes(operation) ? operation : { ...operation, outcome: { kind: "unknown" } };
      });
      return !isLinearizableByBruteForce(model, asFarAsAbout(partNames, model, relaxed));
    };
    expect(claimWith(conflict)).toBe(true);
    for (const answer of conflict) expect(claimWith(conflict.filter((other) => other !== answer))).toBe(false);
  });
  fc.assert(property, { numRuns: RUNS, seed: SEED });
  console.log(`seed ${SEED}: ${counts.linearizable} linearizable, ${counts.violation} not`);
  expect(counts.linearizable).toBeGreaterThan(RUNS / 20);
  expect(counts.violation).toBeGreaterThan(RUNS / 20);
}

function suite<State, Input, Output>(name: string, modelCase: ModelCase<State, Input, Output>): void {
  describe(name, () => {
    test("agrees with the definition on arbitrary histories", () => {
      expectAgreement(modelCase, arbitraryHistory(modelCase));
    });
    test("agrees with the definition on recorded histories and on ones with a wrong answer", () => {
      expectAgreement(modelCase, recordedHistory(modelCase));
    });
  });
}

suite("register", registerCase);
suite("compare-and-swap register", swapRegisterCase);
suite("counter", counterCase);
suite("lock", lockCase);
suite("map", mapCase);
suite("map with transactions", transactionCase);
suite("counters by key", keyedCounterCase);
