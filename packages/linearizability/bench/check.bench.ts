/**
 * How long histories of 10,000 operations take to be found good, and bad. Run:
 *   node --conditions=@aspenjs/source packages/linearizability/bench/check.bench.ts
 * Every history comes from a seed (SEED). The bad ones are the good ones with one answer replaced: a read in the middle
 * says what a read had said 1,000 operations before or earlier. Times are of one run each, the making of the history left
 * out.
 */
import { checkLinearizability } from "../src/check-linearizability.ts";
import type { Model } from "../src/model.ts";
import { createCounterModel, type CounterInput } from "../src/models/counter-model.ts";
import { createMapModel } from "../src/models/map-model.ts";
import { createSwapRegisterModel, type SwapRegisterInput } from "../src/models/swap-register-model.ts";
import type { Operation } from "../src/operation.ts";
import { largeShape, scanHistory, transactionHistory } from "../test/map-workload.ts";
import { Random } from "../test/random.ts";
import { RealCounter, RealSwapRegister } from "../test/real-objects.ts";
import { recordRun } from "../test/recorded-run.ts";

const SEED = Number(process.env["SEED"] ?? 1);

function registerHistory(random: Random): Operation<SwapRegisterInput<number>, number | boolean | undefined>[] {
  let written = 0;
  const next = (): SwapRegisterInput<number> => {
    const dice = random.below(10);
    written += 1;
    if (dice < 5) return { kind: "read" };
    if (dice < 8) return { kind: "write", value: written };
    return { kind: "compareAndSwap", expected: written - 1 - random.below(3), value: written };
  };
  return recordRun(new RealSwapRegister(), next, random, largeShape);
}

function counterHistory(random: Random): Operation<CounterInput, number>[] {
  const next = (): CounterInput => (random.below(2) === 0 ? { kind: "read" } : { kind: "increment", by: 1 });
  return recordRun(new RealCounter(), next, random, largeShape);
}

/** From the middle on, the first read that asks what a much earlier one asked gets that one's answer. */
function spoilt<Input, Output>(
  operations: readonly Operation<Input, Output>[],
  isRead: (input: Input) => boolean,
): Operation<Input, Output>[] {
  const middle = operations.length / 2;
  for (const [index, operation] of operations.entries()) {
    if (index < middle || operation.outcome.kind !== "returned" || !isRead(operation.input)) continue;
    const { outcome, input } = operation;
    const question = JSON.stringify(input);
    const earlier = operations.slice(0, index - 1_000).findLast((other) => {
      return other.outcome.kind === "returned" && JSON.stringify(other.input) === question;
    });
    if (earlier?.outcome.kind !== "returned") continue;
    if (JSON.stringify(earlier.outcome.output) === JSON.stringify(outcome.output)) continue;
    return operations.with(index, { ...operation, outcome: { ...outcome, output: earlier.outcome.output } });
  }
  throw new Error("there is no read to spoil");
}

function measure<State, Input, Output>(
  name: string,
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  options = {},
): void {
  const startMs = performance.now();
  const verdict = checkLinearizability(model, operations, options);
  const tookMs = performance.now() - startMs;
  const unknownCount = operations.filter(({ outcome }) => outcome.kind === "unknown").length;
  const conflict = verdict.kind === "violation" ? `, ${verdict.violation.conflict.length} answers in conflict` : "";
  console.log(
    `${name.padEnd(44)} ${String(unknownCount).padStart(4)} unknown ${tookMs.toFixed(0).padStart(7)} ms ` +
      `${verdict.steps.toString().padStart(9)} steps  ${verdict.kind}${conflict}`,
  );
}

function measureBoth<State, Input extends { readonly kind: string }, Output>(
  name: string,
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): void {
  const bad = spoilt(operations, ({ kind }) => kind === "get" || kind === "read" || kind === "scan");
  measure(`${name}, good`, model, operations);
  measure(`${name}, bad, not made smaller`, model, bad, { shrinkStepsMax: 0 });
  measure(`${name}, bad`, model, bad);
}

console.log(`seed ${SEED}, node ${process.version}`);
measureBoth("map, 20 keys", createMapModel(), scanHistory(new Random(SEED), 0));
measureBoth("map, 5 groups of 4 keys with scans", createMapModel(), scanHistory(new Random(SEED), 20));
measureBoth("map, 5 groups of 4 keys with transactions", createMapModel(), transactionHistory(new Random(SEED)));
const whole = { groupOf: (): string => "all" };
measureBoth("map, 20 keys in one group with scans", createMapModel(whole), scanHistory(new Random(SEED), 20));
measureBoth("one register", createSwapRegisterModel(0), registerHistory(new Random(SEED)));
measureBoth("one counter", createCounterModel(), counterHistory(new Random(SEED)));
