import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandResult } from "@aspenjs/api";
import type { LogAction } from "@aspenjs/protocol";
import { createMemoryStateMachine } from "../src/memory/index.ts";
import { historyOf, leasesOf } from "../src/testing/applying.ts";
import { LogScript } from "../src/testing/index.ts";
import { applyInBatches } from "./batches.ts";
import { batchSizes, KEYS, leaseAction, scanQuery, transaction, waitMs, write } from "./command-arbitraries.ts";
import { ReferenceModel } from "./reference-model.ts";
import { openMachine } from "./sqlite-subject.ts";

const LOGS = 250;
const TRANSACTIONS_PER_LOG = 40;

/** What comes before a transaction, and then the transaction. */
const round = fc.record({
  waitMs,
  before: fc.array(fc.oneof({ weight: 4, arbitrary: write }, { weight: 1, arbitrary: leaseAction }), { maxLength: 2 }),
  transaction,
});

interface Written {
  readonly log: LogScript;
  readonly actions: readonly LogAction[];
  /** What the model says of each. */
  readonly results: readonly CommandResult[];
  readonly model: ReferenceModel;
}

function writtenOf(
  rounds: readonly { waitMs: number; before: readonly LogAction[]; transaction: LogAction }[],
): Written {
  const log = new LogScript();
  const model = new ReferenceModel();
  const actions: LogAction[] = [];
  const results: CommandResult[] = [];
  for (const { waitMs: ms, before, transaction: last } of rounds) {
    log.logTimeMs += ms;
    for (const action of [...before, last]) {
      results.push(model.apply(action, { index: log.nextIndex, logTimeMs: log.logTimeMs }));
      log.command(action);
      actions.push(action);
    }
  }
  return { log, actions, results, model };
}

/** What a result shows to have happened, so that one can see that everything does. */
function traitOf(result: CommandResult): string {
  if (result.kind === "refused") return result.reason;
  if (result.kind === "leasesTouched") return result.leaseIds.length > 0 ? "some leases touched" : "no leases touched";
  if (result.kind !== "written") return result.kind;
  if (result.result.kind === "compare") return result.result.outcome;
  if (result.result.kind === "transaction") return result.result.succeeded ? "succeeded" : "failed";
  if (result.result.kind === "leaseRevoke") return result.result.deletedCount > 0 ? "keys revoked" : "nothing revoked";
  return result.result.kind;
}

describe("random transactions and leases", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "aspen-transactions-"));
  });
  afterAll(() => rm(root, { recursive: true }));

  test(`${LOGS * TRANSACTIONS_PER_LOG} transactions come to what a model written apart from the code says, in memory and on SQLite`, async () => {
    const seen = new Map<string, number>();
    let transactionCount = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(round, { minLength: TRANSACTIONS_PER_LOG, maxLength: TRANSACTIONS_PER_LOG + 10 }),
        batchSizes,
        batchSizes,
        fc.array(scanQuery, { minLength: 3, maxLength: 10 }),
        async (rounds, sqliteBatches, memoryBatches, queries) => {
          const { log, actions, results, model } = writtenOf(rounds);
          const directory = await mkdtemp(join(root, "state-"));
          const sqlite = await openMachine({ directory, maintenance: "inline" });
          const memory = createMemoryStateMachine();
          const memoryResults = await applyInBatches(memory, log.entries, memoryBatches);
          for (const [position, action] of actions.entries()) {
            expect(memoryResults[position], JSON.stringify(action)).toEqual(results[position]);
          }
          expect(await applyInBatches(sqlite, log.entries, sqliteBatches)).toStrictEqual(memoryResults);
          for (const machine of [memory, sqlite]) {
            for (const query of queries) expect(machine.scan(query)).toEqual(model.scan(query));
            expect(machine.scan({ ...WHOLE, limit: KEYS.length })).toEqual(
              model.scan({ ...WHOLE, limit: KEYS.length }),
            );
            expect(leasesOf(machine)).toEqual(model.leases());
            expect(historyOf(machine)).toEqual(model.history);
            expect([machine.revision, machine.logTimeMs]).toEqual([model.revision, model.logTimeMs]);
          }
          expect(await memory.checksum()).toBe(await sqlite.checksum());
          await sqlite.close();
          await rm(directory, { recursive: true });
          transactionCount += actions.filter(({ kind }) => kind === "transaction").length;
          for (const result of results) seen.set(traitOf(result), (seen.get(traitOf(result)) ?? 0) + 1);
        },
      ),
      { numRuns: LOGS },
    );
    expect(transactionCount).toBeGreaterThanOrEqual(LOGS * TRANSACTIONS_PER_LOG);
    const rare = TRAITS.filter((trait) => (seen.get(trait) ?? 0) < TRAIT_COUNT_MIN);
    expect(rare, JSON.stringify([...seen])).toEqual([]);
  }, 240_000);
});

const WHOLE = { range: { kind: "prefix", prefix: "" }, reverse: false, keysOnly: false, after: undefined } as const;

/** Far below what is usual: a test of the commands themselves, not of chance. */
const TRAIT_COUNT_MIN = 5;
const TRAITS = [
  "succeeded",
  "failed",
  "ok",
  "conflict",
  "set",
  "delete",
  "leaseGrant",
  "leaseExists",
  "leaseNotFound",
  "keys revoked",
  "nothing revoked",
  "some leases touched",
  "no leases touched",
];
