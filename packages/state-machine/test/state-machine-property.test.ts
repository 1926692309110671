import { afterEach, describe, expect, test } from "vitest";
import fc from "fast-check";
import { compareKeys } from "@aspenjs/api";
import type { LogAction, SessionReference } from "@aspenjs/protocol";
import { stateMachineLimits } from "../src/limits.ts";
import { createMemoryStateMachine, MemoryStateDisk } from "../src/memory/index.ts";
import { historyOf, leasesOf } from "../src/testing/applying.ts";
import { LogScript } from "../src/testing/index.ts";
import { applyInBatches } from "./batches.ts";
import { batchSizes, KEYS, leaseAction, scanQuery, waitMs, write } from "./command-arbitraries.ts";
import { SqliteSubject } from "./sqlite-subject.ts";

type Step =
  | { readonly kind: "plain"; readonly action: LogAction }
  | { readonly kind: "inSession"; readonly action: LogAction; readonly session: number; readonly reference: Reference }
  | { readonly kind: "leases"; readonly action: LogAction }
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
  { weight: 2, arbitrary: leaseAction.map((action) => ({ kind: "leases" as const, action })) },
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
      ms: fc.oneof(
        waitMs,
        fc.constantFrom(1, 1_000, stateMachineLimits.sessionIdleMsMax - 1, stateMachineLimits.sessionIdleMsMax),
      ),
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
      case "leases":
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
          expect(leasesOf(memory)).toStrictEqual(leasesOf(sqlite));
          expect(historyOf(memory)).toStrictEqual(historyOf(sqlite));
          expect(await memory.checksum()).toBe(await sqlite.checksum());
          await subject.dispose();
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);

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
          expect(leasesOf(machine)).toStrictEqual(leasesOf(steady));
          expect(historyOf(machine)).toStrictEqual(historyOf(steady));
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
