/** One command at a time, on one state that has a bit of everything, against the model. */
import { afterEach, describe, expect, test } from "vitest";
import type { Compare, ScanQuery, TransactionOperation, WriteCommand } from "@aspenjs/api";
import type { LogAction } from "@aspenjs/protocol";
import { createMemoryStateMachine } from "../src/memory/index.ts";
import { applied, leasesOf } from "../src/testing/applying.ts";
import {
  boundSet,
  expireOf,
  EXTEND,
  grantOf,
  plainSet,
  prefixOf,
  rangeDeletion,
  renewOf,
  revokeOf,
  timedSet,
  transactionOf,
  TTL_MS,
} from "../src/testing/commands.ts";
import { bytesOf, LogScript } from "../src/testing/index.ts";
import { ReferenceModel } from "./reference-model.ts";
import { SqliteSubject } from "./sqlite-subject.ts";

const DUE_MS = 100;
/** Leases 7 (two keys), 8 (none), 9 (due), and that of the key "timed". */
const PREPARATION: readonly LogAction[] = [
  grantOf(7),
  grantOf(8),
  grantOf(9, DUE_MS),
  plainSet("a", "one"),
  plainSet("a", "two"),
  plainSet("b"),
  boundSet("bound/1", 7),
  boundSet("bound/2", 7),
  boundSet("due", 9),
  timedSet("timed"),
  plainSet("\u0000system"),
  { kind: "delete", key: "b" },
];
const TIMED_LEASE = 10;
const WHOLE: ScanQuery = { range: prefixOf(""), limit: 100, reverse: false, keysOnly: false, after: undefined };
const modRevision = 2;

const value = bytesOf("new");
const met: Compare = { key: "a", target: "version", operator: "=", number: 2 };
const unmet: Compare = { key: "a", target: "value", operator: "<", value: bytesOf("two") };
const everything: readonly TransactionOperation[] = [
  { kind: "get", key: "a" },
  { ...boundSet("a", 8), returnPrevious: true },
  timedSet("new"),
  { kind: "delete", key: "timed", returnPrevious: true },
  { kind: "deleteRange", range: prefixOf("bound/"), returnPrevious: true },
  { kind: "scan", range: prefixOf("") },
  { kind: "scan", range: prefixOf(""), limit: 0 },
];

type Kind = Exclude<LogAction["kind"], "openSession" | "closeSession">;
type Rows = { readonly [K in Kind]: readonly (readonly [name: string, action: Extract<LogAction, { kind: K }>])[] };

const writeRows: Pick<Rows, WriteCommand["kind"]> = {
  set: [
    ["a new key", plainSet("new")],
    ["a key again", { ...plainSet("a"), returnPrevious: true }],
    ["a system key", plainSet("\u0000system")],
    ["a key to a lease", boundSet("a", 8)],
    ["a bound key to its lease", boundSet("bound/1", 7)],
    ["a bound key to another lease", boundSet("bound/1", 8)],
    ["a bound key to none", plainSet("bound/1")],
    ["a key to a lease that is due", boundSet("a", 9)],
    ["a key to a lease that is not there", boundSet("a", 99)],
    ["a key to the lease of another key's own", boundSet("a", TIMED_LEASE)],
    ["a key to the lease of its own", boundSet("timed", TIMED_LEASE)],
    ["a key with a time to live", timedSet("a")],
    ["a key with another time to live", timedSet("timed", 500)],
    ["a key without a time to live any more", { ...plainSet("timed"), returnPrevious: true }],
  ],
  setMulti: [
    ["keys of all kinds", { kind: "setMulti", pairs: ["a", "new", "bound/1", "timed"].map((key) => ({ key, value })) }],
  ],
  delete: [
    ["a key", { kind: "delete", key: "a", returnPrevious: true }],
    ["nothing", { kind: "delete", key: "b", returnPrevious: true }],
    ["a bound key", { kind: "delete", key: "bound/1" }],
    ["a key with a time to live", { kind: "delete", key: "timed" }],
  ],
  deleteMulti: [
    ["keys of all kinds", { kind: "deleteMulti", keys: ["timed", "b", "bound/2", "a"], returnPrevious: true }],
  ],
  deleteRange: [
    ["every key", rangeDeletion(prefixOf(""), true)],
    ["keys of a prefix", rangeDeletion(prefixOf("bound/"))],
    ["keys of a range", rangeDeletion({ kind: "range", start: "a", end: "bound/2" }, true)],
    ["nothing", rangeDeletion({ kind: "range", start: "b", end: "a" }, true)],
    ["nothing among the system's keys", rangeDeletion(prefixOf("\u0000"))],
  ],
  compareAndSwap: [
    ["absent", { kind: "compareAndSwap", key: "b", value, expected: { kind: "absent" } }],
    ["not absent", { kind: "compareAndSwap", key: "timed", value, expected: { kind: "absent" } }],
    [
      "of a value",
      { kind: "compareAndSwap", key: "timed", value, expected: { kind: "value", value: bytesOf("timed") } },
    ],
    ["of a revision", { kind: "compareAndSwap", key: "a", value, expected: { kind: "modRevision", modRevision } }],
  ],
  compareAndDelete: [
    ["absent", { kind: "compareAndDelete", key: "b", expected: { kind: "absent" } }],
    ["of a value", { kind: "compareAndDelete", key: "timed", expected: { kind: "value", value: bytesOf("timed") } }],
    ["of another value", { kind: "compareAndDelete", key: "bound/1", expected: { kind: "value", value } }],
    ["of a revision", { kind: "compareAndDelete", key: "a", expected: { kind: "modRevision", modRevision } }],
  ],
  transaction: [
    ["everything at once", transactionOf(...everything)],
    ["compares that hold", { kind: "transaction", compares: [met], success: everything, failure: [plainSet("new")] }],
    [
      "compares that do not",
      { kind: "transaction", compares: [met, unmet], success: everything, failure: [timedSet("a")] },
    ],
    ["compares alone", { kind: "transaction", compares: [met], success: [], failure: [] }],
    ["reads alone", transactionOf({ kind: "get", key: "b" }, { kind: "scan", range: prefixOf("bo"), limit: 1 })],
    ["a lease that is not there, at the end", transactionOf(...everything, boundSet("x", 99))],
    [
      "a lease that its own deletion has ended",
      transactionOf({ kind: "delete", key: "timed" }, boundSet("a", TIMED_LEASE)),
    ],
  ],
  leaseGrant: [
    ["a number", grantOf(99)],
    ["a number that is taken", grantOf(8)],
    ["the number of a key's own", grantOf(TIMED_LEASE, 200)],
    ["no number", { kind: "leaseGrant", ttlMs: TTL_MS }],
  ],
  leaseRevoke: [
    ["a lease with keys", revokeOf(7)],
    ["a lease without keys", revokeOf(8)],
    ["a lease that is due", revokeOf(9)],
    ["a key's own", revokeOf(TIMED_LEASE)],
    ["a lease that is not there", revokeOf(99)],
  ],
};

const ALL_LEASES = [7, 8, 9, TIMED_LEASE, 99];
const rows: Rows = {
  ...writeRows,
  renewLeases: [["all, and one that is not there", renewOf(...ALL_LEASES)]],
  expireLeases: [["all, of which one is due", expireOf(...ALL_LEASES)]],
  extendLeases: [["all", EXTEND]],
};

describe("each command comes to what the model says, in memory and on SQLite:", () => {
  const subject = new SqliteSubject({ maintenance: "inline" });
  afterEach(() => subject.dispose());

  const table = Object.values(rows).flatMap((ofKind) =>
    ofKind.map(([name, action]) => ({ kind: action.kind, name, action })),
  );
  test.each(table)("$kind of $name", async ({ action }) => {
    const log = new LogScript();
    const model = new ReferenceModel();
    const expected = [...PREPARATION, action].map((each) => {
      log.logTimeMs += each === action ? DUE_MS : 0;
      const result = model.apply(each, { index: log.nextIndex, logTimeMs: log.logTimeMs });
      log.command(each);
      return result;
    });
    const memory = createMemoryStateMachine();
    const { machine: sqlite } = await subject.openReplica();
    for (const machine of [memory, sqlite]) {
      expect(await applied(machine, log.entries)).toEqual(expected);
      expect(machine.scan(WHOLE)).toEqual(model.scan(WHOLE));
      expect(leasesOf(machine)).toEqual(model.leases());
      expect([machine.revision, machine.logTimeMs]).toEqual([model.revision, model.logTimeMs]);
    }
    expect(await memory.checksum()).toBe(await sqlite.checksum());
  });
});
