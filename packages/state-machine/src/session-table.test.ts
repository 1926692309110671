import { describe, expect, test } from "vitest";
import type { CommandResult } from "@aspenjs/api";
import type { SessionReference } from "@aspenjs/protocol";
import type { SessionLimits } from "./limits.ts";
import { actionDigest } from "./session.ts";
import { SessionTable } from "./session-table.ts";

const LIMITS: SessionLimits = {
  sessionsMax: 3,
  sessionIdleMsMax: 100,
  sessionWindowMax: 4,
  sessionResultBytesMax: 1_000,
  sessionTableBytesMax: 2_000,
};
const RESULT: CommandResult = { kind: "written", result: { kind: "setMulti", revision: 1 } };

/** A result of a bit more than so many bytes. */
function resultOf(valueBytes: number): CommandResult {
  const previous = { key: "k", value: new Uint8Array(valueBytes), createRevision: 1, modRevision: 1, version: 1 };
  return { kind: "written", result: { kind: "set", revision: 1, previous } };
}

const reference = (sessionId: number, sequence: number, acknowledgedThrough = 0): SessionReference => ({
  sessionId,
  sequence,
  acknowledgedThrough,
});

function use(table: SessionTable, of: SessionReference, logTimeMs: number, result = RESULT): void {
  expect(table.settle(of, 7, logTimeMs)).toBeUndefined();
  table.remember(of, 7, result);
}

function restored(table: SessionTable): SessionTable {
  return new SessionTable(
    table.sessionIds().flatMap((id) => table.saved(id) ?? []),
    LIMITS,
  );
}

describe("the session table", () => {
  test("S5: of sessions used at one log time the one opened first is evicted, in a restored table too", () => {
    const table = new SessionTable([], LIMITS);
    for (const id of [1, 2, 3]) table.open(id, 10);
    use(table, reference(2, 1), 20);
    use(table, reference(3, 1), 20);
    // The order of use at one log time, 1 last, must not matter: it is lost at a restart.
    use(table, reference(1, 1), 20);
    for (const copy of [table, restored(table)]) {
      copy.open(4, 20);
      expect(copy.sessionIds()).toEqual([2, 3, 4]);
    }
  });

  test("S5: with too many bytes of results the least recently used sessions go, never the one in use", () => {
    const table = new SessionTable([], LIMITS);
    for (const id of [1, 2, 3]) table.open(id, id);
    use(table, reference(2, 1), 10, resultOf(900));
    use(table, reference(3, 1), 10, resultOf(900));
    use(table, reference(1, 1), 10, resultOf(900));
    expect(table.sessionIds()).toEqual([1, 3]);
  });

  test("S5: idle sessions expire in order, at their time to the millisecond", () => {
    const table = new SessionTable([], LIMITS);
    table.open(1, 0);
    table.open(2, 50);
    table.expire(99);
    expect(table.size).toBe(2);
    table.expire(100);
    expect(table.sessionIds()).toEqual([2]);
    expect(table.settle(reference(1, 1), 7, 100)).toEqual({ kind: "sessionExpired" });
  });

  test("S4: acknowledging frees the bytes of results and moves the window", () => {
    const table = new SessionTable([], LIMITS);
    table.open(1, 0);
    use(table, reference(1, 2), 0, resultOf(600));
    use(table, reference(1, 1), 0, resultOf(600));
    const refusal = { kind: "sequenceRefused", reason: "tooFarAhead" };
    expect(table.settle(reference(1, 3), 7, 0)).toEqual(refusal);
    use(table, reference(1, 3, 1), 0);
    expect(table.settle(reference(1, 6, 1), 7, 0)).toEqual(refusal);
    use(table, reference(1, 6, 2), 0);
    expect(table.saved(1)?.results.map((result) => result.sequence)).toEqual([3, 6]);
    use(table, reference(1, 1_000_001, 1_000_000), 0);
    expect(table.saved(1)?.results.map((result) => result.sequence)).toEqual([1_000_001]);
  });

  test("changes are told once, sorted, with sessions that went among them", () => {
    const table = new SessionTable([], LIMITS);
    table.open(2, 0);
    table.open(1, 0);
    expect(table.takeChanges()).toEqual([1, 2]);
    expect(table.takeChanges()).toEqual([]);
    table.close(2);
    use(table, reference(1, 1), 0);
    expect(table.takeChanges()).toEqual([1, 2]);
    expect(table.saved(2)).toBeUndefined();
  });

  test("digests tell length and content apart", () => {
    const digests = [[], [0], [0, 0], [1]].map((bytes) => actionDigest(new Uint8Array(bytes)));
    expect(new Set(digests).size).toBe(4);
    expect(digests.every(Number.isSafeInteger)).toBe(true);
    expect(Number.isSafeInteger(actionDigest(new Uint8Array(9 * 1_048_576).fill(255)))).toBe(true);
  });
});
