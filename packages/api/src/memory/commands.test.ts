import { expect, test } from "vitest";
import { bytes, everything, filled, set, shownEntries, shownLeases } from "../../test/store-view.ts";
import { limits } from "../limits.ts";
import type { WriteCommand } from "../write-command.ts";

const [A, B, C, D] = ["a=a 1/1/1", "b=b 1/1/1", "c=c 2/2/1@9", "d=d 3/3/1@4"];
const LEASES = "4:2000(d), 9:1000(c)";
const was = (key: string, revision: number, leaseId?: number) => {
  const entry = { key, value: bytes(key), createRevision: revision, modRevision: revision, version: 1 };
  return leaseId === undefined ? entry : { ...entry, leaseId };
};

type Row = readonly [name: string, command: WriteCommand, result: unknown, entries: string, leases: string];

const rows: readonly Row[] = [
  ["set", set("a", "new"), { kind: "set", revision: 4 }, `a=new 1/4/2, ${B}, ${C}, ${D}`, LEASES],
  [
    "set with previous",
    { ...set("d", "new"), returnPrevious: true },
    { kind: "set", revision: 4, previous: was("d", 3, 4) },
    `${A}, ${B}, ${C}, d=new 3/4/2`,
    "9:1000(c)",
  ],
  [
    "set to a lease",
    { ...set("a", "new"), leaseId: 9 },
    { kind: "set", revision: 4 },
    `a=new 1/4/2@9, ${B}, ${C}, ${D}`,
    "4:2000(d), 9:1000(a c)",
  ],
  [
    "set with a time to live",
    { ...set("d", "new"), ttlMs: 5_000 },
    { kind: "set", revision: 4 },
    `${A}, ${B}, ${C}, d=new 3/4/2@5`,
    "5:5000(d), 9:1000(c)",
  ],
  [
    "setMulti",
    { kind: "setMulti", pairs: [set("c", "new"), set("e")] },
    { kind: "setMulti", revision: 4 },
    `${A}, ${B}, c=new 2/4/2, ${D}, e=e 4/4/1`,
    "4:2000(d), 9:1000()",
  ],
  [
    "delete",
    { kind: "delete", key: "d" },
    { kind: "delete", revision: 4, deletedCount: 1 },
    `${A}, ${B}, ${C}`,
    "9:1000(c)",
  ],
  [
    "deleteMulti",
    { kind: "deleteMulti", keys: ["c", "missing", "a"], returnPrevious: true },
    { kind: "delete", revision: 4, deletedCount: 2, previous: [was("a", 1), was("c", 2, 9)] },
    `${B}, ${D}`,
    "4:2000(d), 9:1000()",
  ],
  [
    "deleteRange",
    { kind: "deleteRange", range: { kind: "range", start: "b", end: "d" }, returnPrevious: true },
    { kind: "delete", revision: 4, deletedCount: 2, previous: [was("b", 1), was("c", 2, 9)] },
    `${A}, ${D}`,
    "4:2000(d), 9:1000()",
  ],
  [
    "deleteRange of every key",
    { kind: "deleteRange", range: everything },
    { kind: "delete", revision: 4, deletedCount: 4 },
    "",
    "9:1000()",
  ],
  [
    "compareAndSwap that swaps",
    { ...set("c", "new"), kind: "compareAndSwap", expected: { kind: "modRevision", modRevision: 2 } },
    { kind: "compare", outcome: "ok", revision: 4 },
    `${A}, ${B}, c=new 2/4/2, ${D}`,
    "4:2000(d), 9:1000()",
  ],
  [
    "compareAndSwap that does not",
    { ...set("c", "new"), kind: "compareAndSwap", expected: { kind: "absent" } },
    { kind: "compare", outcome: "conflict", revision: 3, actual: was("c", 2, 9) },
    `${A}, ${B}, ${C}, ${D}`,
    LEASES,
  ],
  [
    "compareAndDelete",
    { kind: "compareAndDelete", key: "d", expected: { kind: "value", value: bytes("d") } },
    { kind: "compare", outcome: "ok", revision: 4 },
    `${A}, ${B}, ${C}`,
    "9:1000(c)",
  ],
  [
    "transaction",
    {
      kind: "transaction",
      compares: [
        { key: "c", target: "lease", operator: "=", number: 9 },
        { key: "a", target: "value", operator: "<", value: bytes("b") },
      ],
      success: [
        { kind: "delete", key: "a", returnPrevious: true },
        { ...set("e"), ttlMs: 3_000 },
        { kind: "get", key: "e" },
        { kind: "scan", range: everything, limit: 2, keysOnly: true },
        { kind: "deleteRange", range: { kind: "prefix", prefix: "d" } },
      ],
      failure: [set("f")],
    },
    {
      kind: "transaction",
      revision: 4,
      succeeded: true,
      results: [
        { kind: "delete", deletedCount: 1, previous: [was("a", 1)] },
        { kind: "set" },
        { kind: "get", entry: was("e", 4, 5) },
        {
          kind: "scan",
          entries: [
            { ...was("b", 1), value: bytes("") },
            { ...was("c", 2, 9), value: bytes("") },
          ],
          count: 2,
          isTruncated: true,
        },
        { kind: "delete", deletedCount: 1 },
      ],
    },
    `${B}, ${C}, e=e 4/4/1@5`,
    "5:3000(e), 9:1000(c)",
  ],
  [
    "leaseGrant",
    { kind: "leaseGrant", ttlMs: 500 },
    { kind: "leaseGrant", revision: 3, leaseId: 5, ttlMs: 500 },
    `${A}, ${B}, ${C}, ${D}`,
    "4:2000(d), 5:500(), 9:1000(c)",
  ],
  [
    "leaseGrant of a number",
    { kind: "leaseGrant", ttlMs: 500, leaseId: limits.leaseIdMax },
    { kind: "leaseGrant", revision: 3, leaseId: limits.leaseIdMax, ttlMs: 500 },
    `${A}, ${B}, ${C}, ${D}`,
    `${LEASES}, ${limits.leaseIdMax}:500()`,
  ],
  [
    "leaseRevoke",
    { kind: "leaseRevoke", leaseId: 9 },
    { kind: "leaseRevoke", revision: 4, wasGranted: true, deletedCount: 1 },
    `${A}, ${B}, ${D}`,
    "4:2000(d)",
  ],
  [
    "leaseRevoke of a key's own",
    { kind: "leaseRevoke", leaseId: 4 },
    { kind: "leaseRevoke", revision: 4, wasGranted: true, deletedCount: 1 },
    `${A}, ${B}, ${C}`,
    "9:1000(c)",
  ],
  [
    "leaseRevoke of what is not there",
    { kind: "leaseRevoke", leaseId: 5 },
    { kind: "leaseRevoke", revision: 3, wasGranted: false, deletedCount: 0 },
    `${A}, ${B}, ${C}, ${D}`,
    LEASES,
  ],
];

test.each(rows)("%s", async (_name, command, result, entriesAfter, leasesAfter) => {
  const store = await filled();
  expect(await store.write(command)).toStrictEqual(result);
  expect(await shownEntries(store)).toBe(entriesAfter);
  expect(await shownLeases(store)).toBe(leasesAfter);
  expect((await store.get({ key: "a" })).appliedIndex).toBe(5);
});
