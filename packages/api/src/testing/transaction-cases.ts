import { deepEqual, equal } from "node:assert/strict";
import type { Compare, CompareOperator, NumberTarget } from "../transaction.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, freshPrefix, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";

const RIVALS = 8;
const STORED = new Uint8Array([0x62, 0x80]);

/** What the stored bytes are to others: byte by byte without a sign, and longer after shorter. */
const VALUE_ORDERS: readonly [other: readonly number[], stored: "less" | "same" | "more"][] = [
  [[0x62, 0x80], "same"],
  [[], "more"],
  [[0x62], "more"],
  [[0x62, 0x7f], "more"],
  [[0x61, 0xff, 0xff], "more"],
  [[0x62, 0x80, 0x00], "less"],
  [[0x62, 0x81], "less"],
  [[0x63], "less"],
  [[0xff], "less"],
];

const HOLDS: Readonly<Record<CompareOperator, readonly string[]>> = {
  "=": ["same"],
  "!=": ["less", "more"],
  "<": ["less"],
  ">": ["more"],
};
const OPERATORS = Object.keys(HOLDS) as CompareOperator[];

/** Whether all the compares hold, with nothing done either way. */
async function holds({ store }: KeyValueStoreSubject, ...compares: Compare[]): Promise<boolean> {
  const result = await store.write({ kind: "transaction", compares, success: [], failure: [] });
  deepEqual(result.results, []);
  return result.succeeded;
}

/** The operators that hold between the key's number and the given one. */
async function holdingOperators(
  subject: KeyValueStoreSubject,
  key: string,
  target: NumberTarget,
  number: number,
): Promise<string> {
  const holding: string[] = [];
  for (const operator of OPERATORS) {
    if (await holds(subject, { key, target, number, operator })) holding.push(operator);
  }
  return holding.join(" ");
}

const compareCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "values compare as bytes, by each operator",
    async run(subject) {
      const key = `${await freshPrefix(subject, "compare-value")}key`;
      await subject.store.write({ kind: "set", key, value: STORED });
      for (const [other, stored] of VALUE_ORDERS) {
        const value = new Uint8Array(other);
        for (const operator of OPERATORS) {
          const isHolding = await holds(subject, { key, target: "value", operator, value });
          equal(isHolding, HOLDS[operator].includes(stored), `${STORED.join(" ")} ${operator} ${other.join(" ")}`);
        }
      }
    },
  },
  {
    name: 'no comparison with the value of a key that does not exist holds, "!=" included',
    async run(subject) {
      const key = `${await freshPrefix(subject, "compare-absent-value")}key`;
      for (const operator of OPERATORS) {
        for (const value of [bytes(""), bytes("value")]) {
          equal(await holds(subject, { key, target: "value", operator, value }), false, operator);
        }
      }
      await subject.store.write({ kind: "set", key, value: bytes("") });
      equal(await holds(subject, { key, target: "value", operator: "=", value: bytes("") }), true);
    },
  },
  {
    name: "version, createRevision and modRevision compare as numbers, by each operator",
    async run(subject) {
      const key = `${await freshPrefix(subject, "compare-number")}key`;
      const created = await subject.store.write({ kind: "set", key, value: bytes("one") });
      await setAll(subject, [`${key}/other`]);
      const changed = await subject.store.write({ kind: "set", key, value: bytes("two") });
      const numbers = [
        ["version", 2],
        ["createRevision", created.revision],
        ["modRevision", changed.revision],
      ] as const;
      for (const [target, number] of numbers) {
        equal(await holdingOperators(subject, key, target, number - 1), "!= >", target);
        equal(await holdingOperators(subject, key, target, number), "=", target);
        equal(await holdingOperators(subject, key, target, number + 1), "!= <", target);
      }
    },
  },
  {
    name: "a key that does not exist has 0 for every number",
    async run(subject) {
      const prefix = await freshPrefix(subject, "compare-absent-number");
      const deleted = `${prefix}deleted`;
      await subject.store.write({ kind: "set", key: deleted, value: bytes("one") });
      await subject.store.write({ kind: "delete", key: deleted });
      for (const key of [`${prefix}never`, deleted]) {
        for (const target of ["version", "createRevision", "modRevision", "lease"] as const) {
          equal(await holdingOperators(subject, key, target, 0), "=", target);
          equal(await holdingOperators(subject, key, target, 1), "!= <", target);
        }
      }
    },
  },
  {
    name: "the lease of a key compares as its number, and as 0 when the key is bound to none",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "compare-lease");
      const { leaseId } = await store.write({ kind: "leaseGrant", ttlMs: 600_000 });
      await store.write({ kind: "set", key: `${prefix}bound`, value: bytes("value"), leaseId });
      await store.write({ kind: "set", key: `${prefix}free`, value: bytes("value") });
      equal(await holdingOperators(subject, `${prefix}bound`, "lease", leaseId), "=");
      equal(await holdingOperators(subject, `${prefix}bound`, "lease", leaseId + 1), "!= <");
      equal(await holdingOperators(subject, `${prefix}bound`, "lease", 0), "!= >");
      equal(await holdingOperators(subject, `${prefix}free`, "lease", 0), "=");
      await store.write({ kind: "leaseRevoke", leaseId });
    },
  },
];

const branchCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "the success branch runs when all compares hold, the failure branch when one does not, and never both",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "branches");
      await setAll(subject, [`${prefix}there`]);
      const right = { key: `${prefix}there`, target: "version", operator: "=", number: 1 } as const;
      const wrong = { key: `${prefix}missing`, target: "version", operator: ">", number: 0 } as const;
      const rows: readonly [name: string, compares: Compare[], succeeded: boolean][] = [
        ["one right", [right], true],
        ["two right", [right, right], true],
        ["one wrong", [wrong], false],
        ["wrong first", [wrong, right], false],
        ["wrong last", [right, right, wrong], false],
        ["none", [], true],
      ];
      for (const [name, compares, succeeded] of rows) {
        const [yes, no] = [`${prefix}${name}/yes`, `${prefix}${name}/no`];
        const result = await store.write({
          kind: "transaction",
          compares,
          success: [{ kind: "set", key: yes, value: bytes("yes") }],
          failure: [
            { kind: "set", key: no, value: bytes("no") },
            { kind: "get", key: no },
          ],
        });
        deepEqual([result.succeeded, result.results.length], [succeeded, succeeded ? 1 : 2], name);
        const { entries } = await store.scan({ range: { kind: "prefix", prefix: `${prefix}${name}/` } });
        deepEqual(
          entries.map((entry) => entry.key),
          [succeeded ? yes : no],
        );
      }
    },
  },
  {
    name: "compares ask for what was there before the transaction",
    async run(subject) {
      const key = `${await freshPrefix(subject, "before")}key`;
      const create = {
        kind: "transaction",
        compares: [{ key, target: "version", operator: "=", number: 0 }],
        success: [{ kind: "set", key, value: bytes("one") }],
        failure: [{ kind: "get", key }],
      } as const;
      const first = await subject.store.write(create);
      deepEqual(first, { kind: "transaction", revision: first.revision, succeeded: true, results: [{ kind: "set" }] });
      const { entry } = await subject.store.get({ key });
      const results = [{ kind: "get", entry }];
      deepEqual(await subject.store.write(create), { ...first, succeeded: false, results });
    },
  },
  {
    name: "a transaction changes all its keys at one revision, the next one",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "one-revision");
      await setAll(subject, [`${prefix}old`, `${prefix}gone`, `${prefix}range/1`, `${prefix}range/2`]);
      const { revision: before } = await store.get({ key: prefix });
      const { revision } = await store.write({
        kind: "transaction",
        compares: [],
        success: [
          { kind: "set", key: `${prefix}new`, value: bytes("new") },
          { kind: "delete", key: `${prefix}gone` },
          { kind: "set", key: `${prefix}old`, value: bytes("changed") },
          { kind: "deleteRange", range: { kind: "prefix", prefix: `${prefix}range/` } },
        ],
        failure: [],
      });
      equal(revision, before + 1);
      const page = await store.scan({ range: { kind: "prefix", prefix } });
      equal(page.revision, revision);
      deepEqual(
        page.entries.map((entry) => [entry.key, entry.createRevision, entry.modRevision, entry.version]),
        [
          [`${prefix}new`, revision, revision, 1],
          [`${prefix}old`, before, revision, 2],
        ],
      );
    },
  },
  {
    name: "a transaction that changes no key takes no revision",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "no-change");
      await setAll(subject, [`${prefix}there`]);
      const { revision } = await store.get({ key: prefix });
      const missing = { kind: "prefix", prefix: `${prefix}none/` } as const;
      const result = await store.write({
        kind: "transaction",
        compares: [],
        success: [
          { kind: "get", key: `${prefix}there` },
          { kind: "delete", key: `${prefix}missing`, returnPrevious: true },
          { kind: "deleteRange", range: missing },
          { kind: "scan", range: missing },
        ],
        failure: [{ kind: "delete", key: `${prefix}there` }],
      });
      equal(result.revision, revision);
      deepEqual(result.results.slice(1), [
        { kind: "delete", deletedCount: 0, previous: [] },
        { kind: "delete", deletedCount: 0 },
        { kind: "scan", entries: [], count: 0, isTruncated: false },
      ]);
      equal((await store.get({ key: prefix })).revision, revision);
    },
  },
  {
    name: "of many transactions that create one key at once, one succeeds and the others see its value",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "transaction-race")}key`;
      const results = await Promise.all(
        Array.from({ length: RIVALS }, (_, rival) =>
          store.write({
            kind: "transaction",
            compares: [{ key, target: "version", operator: "=", number: 0 }],
            success: [{ kind: "set", key, value: bytes(`rival ${rival}`) }],
            failure: [{ kind: "get", key }],
          }),
        ),
      );
      const winner = results.findIndex((result) => result.succeeded);
      const { entry } = await store.get({ key });
      deepEqual([entry?.value, entry?.version], [bytes(`rival ${winner}`), 1]);
      for (const [rival, result] of results.entries()) {
        if (rival !== winner) deepEqual([result.succeeded, result.results], [false, [{ kind: "get", entry }]]);
      }
    },
  },
];

export const transactionCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [...compareCases, ...branchCases];
