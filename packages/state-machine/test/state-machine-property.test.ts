import { afterEach, describe, expect, test } from "vitest";
import fc from "fast-check";
import {
  compareKeys,
  type CommandResult,
  type KeyValueStateMachine,
  type LogEntry,
  type ScanQuery,
} from "@aspenjs/api";
import type { LogAction, SessionReference } from "@aspenjs/protocol";
import { stateMachineLimits } from "../src/limits.ts";
import { createMemoryStateMachine, MemoryStateDisk } from "../src/memory/index.ts";
import { bytesOf, LogScript, NASTY_KEYS } from "../src/testing/index.ts";
import { ReferenceModel } from "./reference-model.ts";
import { SqliteSubject } from "./sqlite-subject.ts";

/** Few enough that commands meet each other, and among them a system key. */
const KEYS = [...NASTY_KEYS, "\u0000system"];
const key = fc.constantFrom(...KEYS);
const value = fc.oneof(fc.constantFrom("", "x", "y").map(bytesOf), fc.uint8Array({ maxLength: 8 }));
const returnPrevious = fc.boolean();

const expected = fc.oneof(
  fc.constant({ kind: "absent" as const }),
  value.map((bytes) => ({ kind: "value" as const, value: bytes })),
  fc.integer({ min: 1, max: 60 }).map((modRevision) => ({ kind: "modRevision" as const, modRevision })),
);

const write: fc.Arbitrary<LogAction> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), key, value, returnPrevious }) },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(fc.record({ key, value }), { minLength: 1, maxLength: 8, selector: (pair) => pair.key })
      .map((pairs) => ({ kind: "setMulti" as const, pairs })),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key, returnPrevious }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("deleteMulti" as const),
      keys: fc.uniqueArray(key, { minLength: 1, maxLength: 8 }),
      returnPrevious,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("compareAndSwap" as const), key, expected, value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("compareAndDelete" as const), key, expected }) },
);

type Step =
  | { readonly kind: "plain"; readonly action: LogAction }
  | { readonly kind: "inSession"; readonly action: LogAction; readonly session: number; readonly reference: Reference }
  | { readonly kind: "openSession" }
  | { readonly kind: "closeSession"; readonly session: number }
  | { readonly kind: "retry"; readonly back: number; readonly acknowledgedThrough: number }
  | { readonly kind: "membership"; readonly voter: number }
  | { readonly kind: "wait"; readonly ms: number };

type Reference = Pick<SessionReference, "sequence" | "acknowledgedThrough">;

const sessionNumber = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: write.map((action) => ({ kind: "plain" as const, action })) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("inSession" as const),
      action: write,
      session: sessionNumber,
      reference: fc.record({
        sequence: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1_020, max: 1_040 })),
        acknowledgedThrough: fc.oneof(fc.constant(0), fc.nat({ max: 10 })),
      }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("retry" as const),
      back: fc.nat({ max: 6 }),
      acknowledgedThrough: fc.nat({ max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "openSession" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("closeSession" as const), session: sessionNumber }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("membership" as const), voter: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 1_000, stateMachineLimits.sessionIdleMsMax - 1, stateMachineLimits.sessionIdleMsMax),
    }),
  },
);

/** Turns steps into a log. Sessions are named by the order of their opening, among the last four and one unknown. */
function logOf(steps: readonly Step[]): LogScript {
  const log = new LogScript();
  const sessionIds: number[] = [];
  const sent: { action: LogAction; session: SessionReference }[] = [];
  const idOf = (session: number): number => sessionIds.at(-1 - session) ?? 999_999;
  for (const current of steps) {
    switch (current.kind) {
      case "plain":
        log.command(current.action);
        break;
      case "inSession": {
        const session = { sessionId: idOf(current.session), ...current.reference };
        sent.push({ action: current.action, session });
        log.command(current.action, session);
        break;
      }
      case "retry": {
        const earlier = sent.at(-1 - current.back);
        if (earlier === undefined) break;
        const { acknowledgedThrough } = current;
        log.command(earlier.action, { ...earlier.session, acknowledgedThrough });
        break;
      }
      case "openSession":
        sessionIds.push(log.nextIndex);
        log.command({ kind: "openSession" });
        break;
      case "closeSession": {
        const session = { sessionId: idOf(current.session), sequence: 1, acknowledgedThrough: 0 };
        log.command({ kind: "closeSession" }, session);
        break;
      }
      case "membership":
        log.membership([current.voter]);
        break;
      case "wait":
        log.logTimeMs += current.ms;
        break;
    }
  }
  return log;
}

async function applyInBatches(
  machine: KeyValueStateMachine,
  entries: readonly LogEntry[],
  batchSizes: readonly number[],
): Promise<(CommandResult | undefined)[]> {
  const results: (CommandResult | undefined)[] = [];
  for (let start = 0, batch = 0; start < entries.length; batch += 1) {
    const size = batchSizes[batch % batchSizes.length] ?? 1;
    const outcome = await machine.apply(entries.slice(start, start + size));
    if (outcome.kind === "fault") throw new Error(outcome.fault.message);
    results.push(...outcome.results);
    start += size;
  }
  return results;
}

const scanQuery: fc.Arbitrary<ScanQuery> = fc.record({
  range: fc.oneof(
    fc.record({ kind: fc.constant("prefix" as const), prefix: fc.oneof(fc.constant(""), key) }),
    fc.record({ kind: fc.constant("range" as const), start: fc.oneof(fc.constant(""), key), end: key }),
  ),
  limit: fc.oneof(fc.nat({ max: 5 }), fc.constant(1_000)),
  reverse: fc.boolean(),
  keysOnly: fc.boolean(),
  after: fc.option(key, { nil: undefined }),
});

const batchSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe("random logs", () => {
  const subject = new SqliteSubject({ maintenance: "inline" });
  afterEach(() => subject.dispose());

  test("SQLite and memory agree on every result, scan and checksum, however the log is cut into batches", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 80 }),
        batchSizes,
        batchSizes,
        fc.array(scanQuery, { minLength: 5, maxLength: 20 }),
        async (steps, sqliteBatches, memoryBatches, queries) => {
          const log = logOf(steps);
          const { machine: sqlite } = await subject.openReplica();
          const memory = createMemoryStateMachine();
          const sqliteResults = await applyInBatches(sqlite, log.entries, sqliteBatches);
          expect(await applyInBatches(memory, log.entries, memoryBatches)).toStrictEqual(sqliteResults);
          for (const query of queries) expect(memory.scan(query)).toStrictEqual(sqlite.scan(query));
          for (const name of KEYS) expect(memory.get(name)).toStrictEqual(sqlite.get(name));
          expect(memory.appliedState).toStrictEqual(sqlite.appliedState);
          expect([memory.revision, memory.logTimeMs]).toEqual([sqlite.revision, sqlite.logTimeMs]);
          expect(await memory.checksum()).toBe(await sqlite.checksum());
          await subject.dispose();
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  test("plain commands come to what a model written apart from the code says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { minLength: 1, maxLength: 60 }),
        batchSizes,
        fc.array(scanQuery, { minLength: 3, maxLength: 10 }),
        async (actions, batches, queries) => {
          const log = new LogScript();
          const model = new ReferenceModel();
          for (const action of actions) log.command(action);
          const memory = createMemoryStateMachine();
          const results = await applyInBatches(memory, log.entries, batches);
          for (const [position, action] of actions.entries()) {
            expect(results[position]).toEqual({ kind: "written", result: model.apply(action) });
          }
          for (const query of queries) expect(memory.scan(query)).toEqual(model.scan(query));
          expect(memory.revision).toBe(model.revision);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  test("a restart and a power cut anywhere, and the log again, lead to the same state", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.array(fc.constantFrom("apply", "flush", "kill", "cutPower", "snapshot"), { minLength: 5, maxLength: 30 }),
        async (steps, events) => {
          const log = logOf(steps);
          const steady = createMemoryStateMachine();
          const steadyResults = await applyInBatches(steady, log.entries, [log.entries.length || 1]);
          const disk = new MemoryStateDisk();
          let machine = createMemoryStateMachine({ disk });
          let flushed = 0;
          for (const event of [...events, "apply" as const]) {
            if (event === "flush" || event === "snapshot") {
              if (event === "flush") await machine.flush();
              else await machine.takeSnapshot();
              flushed = machine.appliedState.lastApplied.index;
            } else if (event === "apply") {
              const from = machine.appliedState.lastApplied.index;
              const results = await applyInBatches(machine, log.entries.slice(from, from + 7), [3]);
              expect(results).toStrictEqual(steadyResults.slice(from, from + 7));
            } else {
              disk[event]();
              machine = createMemoryStateMachine({ disk });
              if (event === "cutPower") expect(machine.appliedState.lastApplied.index).toBe(flushed);
            }
          }
          await applyInBatches(machine, log.entries.slice(machine.appliedState.lastApplied.index), [5]);
          expect(await machine.checksum()).toBe(await steady.checksum());
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  test("the keys of these tests are all different and cover both sides of the surrogates", () => {
    expect(new Set(KEYS).size).toBe(KEYS.length);
    const byUnits = [...KEYS].sort();
    expect([...KEYS].sort(compareKeys)).not.toEqual(byUnits);
  });
});
