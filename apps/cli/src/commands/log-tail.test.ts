import { AspenError, type LogBatch, type LogRecord, type LogSubscription, type ReplicatedLog } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { MemoryHost, textBytes } from "../../test/memory-host.ts";

const membership = { voters: [1, 2], outgoingVoters: [3], learners: [4], nodes: [] };
const command = { term: 2, kind: "command", logTimeMs: 70, isPartial: false } as const;
const records: readonly LogRecord[] = [
  { index: 1, term: 1, kind: "membership", membership },
  { index: 2, term: 2, kind: "blank" },
  {
    ...command,
    index: 3,
    write: { sessionId: 9, sequence: 4 },
    action: { kind: "set", key: "a\n", value: textBytes("one"), leaseId: 7 },
  },
  {
    ...command,
    index: 4,
    isPartial: true,
    action: {
      kind: "transaction",
      compares: [{ key: "a", target: "version", operator: "=", number: 0 }],
      success: [
        { kind: "set", key: "a", value: new Uint8Array([255]) },
        { kind: "deleteRange", range: { kind: "range", start: "b", end: "\u{10FFFF}\u{10FFFF}" } },
      ],
      failure: [],
    },
  },
  { ...command, index: 5, action: { kind: "expireLeases", leaseIds: [7, 8] } },
];

function logOf(batches: readonly LogBatch[], end?: AspenError) {
  const asked: unknown[] = [];
  const log: ReplicatedLog = {
    subscribe: async (request) => {
      asked.push(request);
      const left = [...batches];
      const subscription: LogSubscription = {
        fromIndex: 1,
        close: async () => {},
        [Symbol.asyncDispose]: async () => {},
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            const value = left.shift();
            if (value !== undefined) return { done: false, value };
            if (end !== undefined) throw end;
            return { done: true, value: undefined };
          },
        }),
      };
      return subscription;
    },
  };
  return { log, asked };
}

const progress = { records: [], throughIndex: 9, committedIndex: 12 };
const batch = { records, throughIndex: 5, committedIndex: 6 };

describe("log tail", () => {
  test("prints an entry on a line, and how far there was nothing to tell", async () => {
    const run = await new MemoryHost({ log: logOf([batch, progress]).log }).run("log", "tail");
    expect(run.output.split("\n")).toEqual([
      "1  1  membership: voters 1 2, outgoing 3, learners 4",
      "2  2  a leader begins",
      "3  2  set a\\n = one",
      '4  2  if version of a = 0: set a = (1 bytes that are no text); delete all from "b" on; else: nothing  (in part)',
      "5  2  end leases 7 8",
      "9  nothing more up to here",
      "",
    ]);
  });

  test("as lines of JSON, an entry each", async () => {
    const run = await new MemoryHost({ log: logOf([batch, progress]).log }).run("log", "tail", "-o", "jsonl");
    const lines = run.output.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        index: 1,
        term: 1,
        kind: "membership",
        membership: { voters: ["1", "2"], outgoingVoters: ["3"], learners: ["4"], nodes: [] },
      },
      { index: 2, term: 2, kind: "blank" },
      {
        index: 3,
        term: 2,
        kind: "command",
        logTimeMs: 70,
        write: { sessionId: "9", sequence: 4 },
        isPartial: false,
        action: { kind: "set", key: "a\n", value: "one", leaseId: "7" },
      },
      {
        index: 4,
        term: 2,
        kind: "command",
        logTimeMs: 70,
        isPartial: true,
        action: {
          kind: "transaction",
          compares: [{ key: "a", target: "version", operator: "=", number: 0 }],
          success: [
            { kind: "set", key: "a", valueBase64: "/w==" },
            { kind: "deleteRange", start: "b", end: "\u{10FFFF}\u{10FFFF}" },
          ],
          failure: [],
        },
      },
      {
        index: 5,
        term: 2,
        kind: "command",
        logTimeMs: 70,
        isPartial: false,
        action: { kind: "expireLeases", leaseIds: ["7", "8"] },
      },
      { kind: "progress", throughIndex: 9, committedIndex: 12 },
    ]);
  });

  test("ends after so many entries, wherever a batch ends", async () => {
    const { log } = logOf([batch, batch]);
    expect((await new MemoryHost({ log }).run("log", "tail", "--count", "7", "-o", "raw")).output).toBe(
      "1\n2\n3\n4\n5\n1\n2\n",
    );
    const run = await new MemoryHost({ log }).run("log", "tail", "--count", "2", "-o", "json");
    expect(JSON.parse(run.output)).toMatchObject({ throughIndex: 2, committedIndex: 6, records: [{}, {}] });
  });

  test("asks for what it was told to", async () => {
    const { log, asked } = logOf([]);
    const words = ["log", "tail", "--from", "7", "--prefix", "a/", "--prefix", "b/", "--progress", "2s"];
    expect((await new MemoryHost({ log }).run(...words)).exitCode).toBe(0);
    await new MemoryHost({ log }).run("log", "tail");
    expect(asked).toEqual([{ fromIndex: 7, keyPrefixes: ["a/", "b/"], progressEveryMs: 2_000 }, {}]);
  });

  test("an end that is not its own is an error", async () => {
    const { log } = logOf([batch], new AspenError("lagged", "too far behind", { details: { lastIndex: 5 } }));
    const run = await new MemoryHost({ log }).run("log", "tail");
    expect(run.exitCode).toBe(1);
    expect(run.errors).toContain("lagged: too far behind");
  });
});
