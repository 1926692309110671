import assert from "node:assert/strict";
import {
  COMPARE_OPERATORS,
  NUMBER_TARGETS,
  type Compare,
  type KeyValueStateMachine,
  type OperationResult,
  type TransactionCommand,
} from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, assertRefused, prefix, scannedKeys, written } from "./applying.ts";
import { boundSet, comparison, grantOf, plainSet, prefixOf, timedSet, transactionOf } from "./commands.ts";
import { bytesOf, LogScript } from "./log-script.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

async function ran(machine: KeyValueStateMachine, log: LogScript, transaction: TransactionCommand) {
  const result = await written(machine, log.write(transaction));
  assert.ok(result.kind === "transaction");
  return result;
}

/** The operators that hold, of all there are. */
async function holding(
  machine: KeyValueStateMachine,
  log: LogScript,
  compareBy: (operator: Compare["operator"]) => Compare,
): Promise<string> {
  const names: string[] = [];
  for (const operator of COMPARE_OPERATORS) {
    const { succeeded } = await ran(machine, log, comparison(compareBy(operator)));
    if (succeeded) names.push(operator);
  }
  return names.join(" ");
}

const compareCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "values compare as bytes; with the value of a key that does not exist nothing holds",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write({ kind: "set", key: "k", value: Uint8Array.of(0x62, 0x80) })]);
      const rows = [
        [[0x62, 0x80], "="],
        [[], "!= >"],
        [[0x62], "!= >"],
        [[0x62, 0x7f], "!= >"],
        [[0x61, 0xff, 0xff], "!= >"],
        [[0x62, 0x80, 0x00], "!= <"],
        [[0x62, 0x81], "!= <"],
        [[0xff], "!= <"],
      ] as const;
      for (const [other, expected] of rows) {
        const value = Uint8Array.from(other);
        const found = (key: string) => holding(machine, log, (operator) => ({ key, target: "value", operator, value }));
        assert.equal(await found("k"), expected, other.join(" "));
        assert.equal(await found("absent"), "", other.join(" "));
      }
    },
  },
  {
    name: "numbers of an entry compare as numbers; a key that does not exist, or has no lease, has 0",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const commands = [grantOf(7), plainSet("other"), plainSet("k"), plainSet("other"), boundSet("k", 7)];
      await applied(
        machine,
        commands.map((command) => log.write(command)),
      );
      const found = (key: string, target: (typeof NUMBER_TARGETS)[number], number: number) =>
        holding(machine, log, (operator) => ({ key, target, operator, number }));
      const numbers = { version: 2, createRevision: 2, modRevision: 4, lease: 7 };
      for (const target of NUMBER_TARGETS) {
        assert.equal(await found("k", target, numbers[target] - 1), "!= >", target);
        assert.equal(await found("k", target, numbers[target]), "=", target);
        assert.equal(await found("k", target, numbers[target] + 1), "!= <", target);
        assert.equal(await found("absent", target, 0), "=", target);
        assert.equal(await found("absent", target, Number.MAX_SAFE_INTEGER), "!= <", target);
      }
      assert.equal(await found("other", "lease", 0), "=");
      assert.equal(machine.revision, 4);
    },
  },
  {
    name: "the first branch runs when all compares hold, which none do as well, and the other one when any does not",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(plainSet("k"))]);
      const right: Compare = { key: "k", target: "version", operator: "=", number: 1 };
      const wrong: Compare = { key: "absent", target: "version", operator: ">", number: 0 };
      const rows: readonly (readonly [Compare[], boolean])[] = [
        [[], true],
        [[right], true],
        [[right, right], true],
        [[wrong], false],
        [[wrong, right], false],
        [[right, wrong], false],
      ];
      for (const [compares, succeeded] of rows) {
        const success = [plainSet("yes")];
        const failure = [plainSet("no"), { kind: "get", key: "missing" }] as const;
        const result = await ran(machine, log, { kind: "transaction", compares, success, failure });
        const { revision } = machine;
        const results = succeeded ? [{ kind: "set" }] : [{ kind: "set" }, { kind: "get", entry: undefined }];
        assert.deepEqual(result, { kind: "transaction", revision, succeeded, results });
        assert.deepEqual(scannedKeys(machine, prefix("")), succeeded ? ["k", "yes"] : ["k", "no"]);
        await applied(machine, [log.write({ kind: "deleteMulti", keys: ["yes", "no"] })]);
      }
    },
  },
  {
    name: "compares ask for what was there before the transaction",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const transaction: TransactionCommand = {
        kind: "transaction",
        compares: [{ key: "k", target: "version", operator: "=", number: 0 }],
        success: [plainSet("k"), { kind: "get", key: "k" }],
        failure: [],
      };
      const entry = { key: "k", value: bytesOf("plain"), createRevision: 1, modRevision: 1, version: 1 };
      const results = [{ kind: "set" }, { kind: "get", entry }];
      const first = await ran(machine, log, transaction);
      assert.deepEqual(first, { kind: "transaction", revision: 1, succeeded: true, results });
      const second = await ran(machine, log, transaction);
      assert.deepEqual(second, { kind: "transaction", revision: 1, succeeded: false, results: [] });
    },
  },
];

const operationCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "operations run in their order, each sees the ones before it, and all changes have one revision",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, log.sets(["a", "b", "r/1", "r/2"]));
      const [a, b, r1, r2] = ["a", "b", "r/1", "r/2"].map((key) => machine.get(key));
      assert.ok(a !== undefined && b !== undefined && r1 !== undefined && r2 !== undefined);
      const changed = { ...a, value: bytesOf("plain"), modRevision: 5, version: 2 };
      const created = { key: "n", value: bytesOf("plain"), createRevision: 5, modRevision: 5, version: 1 };
      const rows: readonly (readonly [TransactionCommand["success"][number], OperationResult])[] = [
        [
          { kind: "get", key: "n" },
          { kind: "get", entry: undefined },
        ],
        [plainSet("n"), { kind: "set" }],
        [
          { kind: "get", key: "n" },
          { kind: "get", entry: created },
        ],
        [
          { ...plainSet("a"), returnPrevious: true },
          { kind: "set", previous: a },
        ],
        [
          { kind: "get", key: "a" },
          { kind: "get", entry: changed },
        ],
        [
          { kind: "delete", key: "b", returnPrevious: true },
          { kind: "delete", deletedCount: 1, previous: [b] },
        ],
        [
          { kind: "delete", key: "missing" },
          { kind: "delete", deletedCount: 0 },
        ],
        [
          { kind: "delete", key: "gone", returnPrevious: true },
          { kind: "delete", deletedCount: 0, previous: [] },
        ],
        [
          { kind: "scan", range: prefixOf(""), limit: 0 },
          { kind: "scan", entries: [], count: 4, isTruncated: false },
        ],
        [
          { kind: "deleteRange", range: prefixOf("r/"), returnPrevious: true },
          { kind: "delete", deletedCount: 2, previous: [r1, r2] },
        ],
        [
          { kind: "scan", range: prefixOf("") },
          { kind: "scan", entries: [changed, created], count: 2, isTruncated: false },
        ],
      ];
      const result = await ran(machine, log, transactionOf(...rows.map(([operation]) => operation)));
      assert.deepEqual(
        result.results,
        rows.map(([, expected]) => expected),
      );
      assert.deepEqual([result.revision, machine.revision], [5, 5]);
      assert.deepEqual(machine.scan(prefix("")).entries, [changed, created]);
    },
  },
  {
    name: "a scan in a transaction is cut at its limit, goes backwards, leaves values out, and shows no system keys",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, log.sets(["\u0000system", "a", "b", "c"]));
      const [a, b, c] = ["a", "b", "c"].map((key) => machine.get(key));
      const range = prefixOf("");
      const none = { kind: "scan", entries: [], count: 0, isTruncated: false };
      const rows = [
        [
          { range, limit: 2 },
          { entries: [a, b], count: 2, isTruncated: true },
        ],
        [
          { range, limit: 3 },
          { entries: [a, b, c], count: 3, isTruncated: false },
        ],
        [
          { range, limit: 2, reverse: true },
          { entries: [c, b], count: 2, isTruncated: true },
        ],
        [
          { range: prefixOf("b"), keysOnly: true },
          { entries: [{ ...b, value: bytesOf("") }], count: 1, isTruncated: false },
        ],
        [
          { range, limit: 0 },
          { entries: [], count: 3, isTruncated: false },
        ],
        [{ range: prefixOf("\u0000") }, none],
        [{ range: { kind: "range", start: "c", end: "a" } }, none],
      ] as const;
      const { results, revision } = await ran(
        machine,
        log,
        transactionOf(...rows.map(([options]) => ({ kind: "scan" as const, ...options }))),
      );
      assert.deepEqual(
        results,
        rows.map(([, expected]) => ({ kind: "scan", ...expected })),
      );
      assert.equal(revision, 4);
    },
  },
  {
    name: "a transaction that changes nothing takes no revision",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(plainSet("k"))]);
      const idle = transactionOf(
        { kind: "get", key: "k" },
        { kind: "delete", key: "missing" },
        { kind: "deleteRange", range: prefixOf("x") },
        { kind: "scan", range: prefixOf("") },
      );
      assert.equal((await ran(machine, log, idle)).revision, 1);
      assert.equal((await ran(machine, log, transactionOf(plainSet("k")))).revision, 2);
    },
  },
  {
    name: "a transaction that is refused at its last operation has done nothing, to keys, revisions, versions or leases",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [...log.sets(["a", "b", "r/1", "r/2"]), log.write(timedSet("t"))]);
      const changes = [
        plainSet("a"),
        plainSet("n"),
        timedSet("t"),
        { kind: "delete", key: "b" },
        { kind: "deleteRange", range: prefixOf("r/") },
      ] as const;
      const unmet: Compare = { key: "a", target: "version", operator: ">", number: 9 };
      await assertRefused(subject, machine, log, [
        [transactionOf(...changes, boundSet("x", 999)), "leaseNotFound"],
        [{ ...transactionOf(), compares: [unmet], failure: [...changes, boundSet("x", 999)] }, "leaseNotFound"],
      ]);
    },
  },
];

export const transactionCases: readonly AcceptanceCase<StateMachineSubject>[] = [...compareCases, ...operationCases];
