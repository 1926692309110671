import type { KeyChange, Revision } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { ChangeHistory, changeHistoryProblem, keptChanges } from "./change-history.ts";
import type { SavedChanges } from "./change-row.ts";
import { stateMachineLimits, type HistoryLimits } from "./limits.ts";

const WIDE: HistoryLimits = {
  historyRevisionsMax: 1_000,
  historyBytesMax: 100_000,
  historyAgeMsMax: 1_000,
  historyPreviousBytesMax: 100,
};

function put(revision: Revision, valueBytes = 10, previousValueBytes?: number): KeyChange {
  const entry = { key: "k", value: new Uint8Array(valueBytes), createRevision: 1, modRevision: revision, version: 1 };
  if (previousValueBytes === undefined) return { kind: "put", entry };
  return { kind: "put", entry, previous: { ...entry, value: new Uint8Array(previousValueBytes), modRevision: 1 } };
}

function historyOf(limits: Partial<HistoryLimits>): ChangeHistory {
  return new ChangeHistory([], 0, { ...WIDE, ...limits });
}

/** What is still there, by number. */
function revisionsOf(history: ChangeHistory): readonly Revision[] {
  const page = history.changesFrom(history.firstRevision, Number.MAX_SAFE_INTEGER);
  return page.kind === "changes" ? page.revisions.map(({ revision }) => revision) : [];
}

const rowBytes = (change: KeyChange): number => {
  const history = historyOf({});
  history.record(1, 0, [change]);
  return history.at(1).content.byteLength;
};

describe("the history of changes", () => {
  test("H1: begins empty, and the next revision to come is its first", () => {
    const history = historyOf({});
    expect([history.firstRevision, history.lastRevision]).toEqual([1, 0]);
    expect(history.changesFrom(0, 10)).toEqual({ kind: "compacted", firstRevision: 1 });
    expect(history.changesFrom(1, 10)).toEqual({ kind: "changes", revisions: [] });
    history.expire(1_000_000);
    expect(history.firstRevision).toBe(1);
  });

  test("H1: takes revisions in order alone", () => {
    const history = historyOf({});
    expect(() => history.record(2, 0, [])).toThrow("H1");
    history.record(1, 0, [put(1)]);
    expect(() => history.record(1, 0, [])).toThrow("H1");
    history.record(2, 0, []);
    expect(history.changesFrom(1, 1_000)).toStrictEqual({
      kind: "changes",
      revisions: [
        { revision: 1, changes: [put(1)] },
        { revision: 2, changes: [] },
      ],
    });
  });

  test("pages are bounded by bytes, whole revisions, at least one", () => {
    const history = historyOf({});
    for (let revision = 1; revision <= 5; revision += 1) history.record(revision, 0, [put(revision)]);
    const size = rowBytes(put(1));
    const numbers = (from: Revision, bytesMax: number): readonly Revision[] => {
      const page = history.changesFrom(from, bytesMax);
      return page.kind === "changes" ? page.revisions.map(({ revision }) => revision) : [];
    };
    expect(numbers(1, 0)).toEqual([1]);
    expect(numbers(2, 2 * size - 1)).toEqual([2]);
    expect(numbers(2, 2 * size)).toEqual([2, 3]);
    expect(numbers(4, 1_000_000)).toEqual([4, 5]);
    expect(numbers(6, 1_000_000)).toEqual([]);
    expect(numbers(7_000, 1_000_000)).toEqual([]);
  });

  test("H4: of too many revisions the oldest go", () => {
    const history = historyOf({ historyRevisionsMax: 3 });
    for (let revision = 1; revision <= 10; revision += 1) {
      history.record(revision, 0, [put(revision)]);
      expect(revisionsOf(history).length).toBe(Math.min(revision, 3));
    }
    expect(revisionsOf(history)).toEqual([8, 9, 10]);
    expect(history.changesFrom(7, 10)).toEqual({ kind: "compacted", firstRevision: 8 });
  });

  test("H4: of too many bytes the oldest go, to the byte; H1: the newest stays however large it is", () => {
    const size = rowBytes(put(1));
    const history = historyOf({ historyBytesMax: 3 * size });
    for (let revision = 1; revision <= 3; revision += 1) history.record(revision, 0, [put(revision)]);
    expect(revisionsOf(history)).toEqual([1, 2, 3]);
    history.record(4, 0, [put(4, 11)]);
    expect(revisionsOf(history)).toEqual([3, 4]);
    history.record(5, 0, [put(5, 1_000)]);
    expect(revisionsOf(history)).toEqual([5]);
    for (let revision = 6; revision <= 8; revision += 1) history.record(revision, 0, [put(revision)]);
    expect(revisionsOf(history)).toEqual([6, 7, 8]);
  });

  test("H4: what is too old goes by the log time of any command, to the millisecond; H1: the newest stays", () => {
    const history = historyOf({});
    history.record(1, 0, [put(1)]);
    history.record(2, 500, [put(2)]);
    history.record(3, 600, [put(3)]);
    history.expire(1_000);
    expect(revisionsOf(history)).toEqual([1, 2, 3]);
    history.expire(1_001);
    expect(revisionsOf(history)).toEqual([2, 3]);
    history.expire(1_000_000);
    expect(revisionsOf(history)).toEqual([3]);
    history.record(4, 1_000_000, [put(4)]);
    expect(revisionsOf(history)).toEqual([4]);
  });

  test("H5: what was there before is kept up to its bound, key and value, of all keys together", () => {
    const history = historyOf({});
    // The key is one byte.
    history.record(1, 0, []);
    history.record(2, 0, [put(2, 1, 99)]);
    history.record(3, 0, [put(3, 1, 100)]);
    const two = (valueBytes: number): KeyChange[] =>
      ["a", "b"].map((key) => ({
        kind: "delete",
        key,
        previous: { key, value: new Uint8Array(valueBytes), createRevision: 1, modRevision: 1, version: 1 },
      }));
    history.record(4, 0, two(49));
    history.record(5, 0, two(50));
    expect(history.changesFrom(2, 100_000)).toStrictEqual({
      kind: "changes",
      revisions: [
        { revision: 2, changes: [put(2, 1, 99)] },
        { revision: 3, changes: [put(3, 1)] },
        { revision: 4, changes: two(49) },
        {
          revision: 5,
          changes: [
            { kind: "delete", key: "a" },
            { kind: "delete", key: "b" },
          ],
        },
      ],
    });
  });

  test("restored, it goes on as it would have", () => {
    const limits = { ...WIDE, historyBytesMax: 5 * rowBytes(put(1)) };
    const history = new ChangeHistory([], 0, limits);
    for (let revision = 1; revision <= 20; revision += 1) history.record(revision, revision * 10, [put(revision)]);
    const restored = new ChangeHistory(history.saved(), 20, limits);
    for (const one of [history, restored]) {
      one.record(21, 210, [put(21, 11)]);
      one.expire(1_190);
    }
    expect(restored.saved()).toEqual(history.saved());
    expect(revisionsOf(restored)).toEqual([19, 20, 21]);
  });
});

describe("a stored history", () => {
  const kept = (revision: Revision, logTimeMs = 0, byteLength = 1) => ({
    revision,
    logTimeMs,
    content: new Uint8Array(byteLength),
  });
  const { historyAgeMsMax } = stateMachineLimits;
  const position = { revision: 100_000, logTimeMs: historyAgeMsMax };

  test.each([
    ["nothing at the beginning", [], { revision: 0, logTimeMs: 5 }],
    ["all revisions", [kept(1), kept(2)], { revision: 2, logTimeMs: 5 }],
    ["the newest, however old", [kept(100_000)], { revision: 100_000, logTimeMs: 3 * historyAgeMsMax }],
    ["the oldest at its last moment", [kept(99_999), kept(100_000, historyAgeMsMax)], position],
  ])("with %s is right", (_name, saved, at) => {
    expect(changeHistoryProblem(saved, at)).toBeUndefined();
  });

  test.each([
    ["nothing at all", [], position, "revision 100000 are not there"],
    ["a gap", [kept(99_998), kept(100_000)], position, "revision 99999 are not there"],
    ["a revision twice", [kept(100_000), kept(100_000)], position, "revision 99999 are not there"],
    ["the newest missing", [kept(99_998), kept(99_999)], position, "revision 99999 are not there"],
    ["one from the future", [kept(100_000), kept(100_001)], position, "revision 99999 are not there"],
    ["revision 0", [kept(0), kept(1)], { revision: 1, logTimeMs: 0 }, "changes of 2 revisions, but only 1"],
    ["log time that goes back", [kept(99_999, 5), kept(100_000, 4)], position, "revision 100000 goes back"],
    ["log time from the future", [kept(100_000, historyAgeMsMax + 1)], position, "revision 100000 lies ahead"],
  ])("with %s is refused", (_name, saved, at, message) => {
    expect(changeHistoryProblem(saved, at)).toContain(message);
  });

  test("H4: keeps of whatever is stored what a history that saw it all has kept", () => {
    const limits = { ...WIDE, historyRevisionsMax: 6, historyBytesMax: 5 * rowBytes(put(1)), historyAgeMsMax: 20 };
    const history = new ChangeHistory([], 0, limits);
    const stored: SavedChanges[] = [];
    for (let revision = 1; revision <= 60; revision += 1) {
      const logTimeMs = revision * ((revision >> 3) % 9);
      const last = stored.at(-1)?.logTimeMs ?? 0;
      history.record(revision, Math.max(last, logTimeMs), [put(revision, (revision * 7) % 41)]);
      stored.push(history.at(revision));
      const position = { logTimeMs: Math.max(last, logTimeMs) };
      for (const from of [0, history.firstRevision - 1]) {
        expect(keptChanges(stored.slice(from), position, limits)).toEqual(history.saved());
      }
    }
    expect(keptChanges([], { logTimeMs: 0 }, limits)).toEqual([]);
  });
});
