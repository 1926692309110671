import assert from "node:assert/strict";
import type { Expected, KeyValueEntry } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, prefix, written } from "./applying.ts";
import { bytesOf, LogScript } from "./log-script.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

function entryOf(key: string, value: string, revisions: readonly [create: number, mod: number, version: number]) {
  const [createRevision, modRevision, version] = revisions;
  const entry: KeyValueEntry = { key, value: bytesOf(value), createRevision, modRevision, version };
  return entry;
}

export const writeCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "an empty machine has applied nothing",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const { lastApplied, membership } = machine.appliedState;
      assert.deepEqual(lastApplied, { term: 0, index: 0 });
      assert.deepEqual(membership.logId, { term: 0, index: 0 });
      assert.deepEqual(membership.membership, { voters: [], outgoingVoters: [], learners: [], nodes: [] });
      assert.equal(machine.revision, 0);
      assert.equal(machine.logTimeMs, 0);
      assert.equal(machine.latestSnapshot, undefined);
      assert.equal(await machine.openSnapshot(), undefined);
      assert.deepEqual(await machine.apply([]), { kind: "applied", results: [] });
    },
  },
  {
    name: "a set creates with version 1, changes with the next one, and starts again after a deletion",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      assert.deepEqual(await written(machine, log.set("k", "one")), { kind: "set", revision: 1 });
      assert.deepEqual(machine.get("k"), entryOf("k", "one", [1, 1, 1]));
      await written(machine, log.set("k", "two"));
      assert.deepEqual(machine.get("k"), entryOf("k", "two", [1, 2, 2]));
      await written(machine, log.write({ kind: "delete", key: "k" }));
      assert.equal(machine.get("k"), undefined);
      await written(machine, log.set("k", ""));
      assert.deepEqual(machine.get("k"), entryOf("k", "", [4, 4, 1]));
      assert.equal(machine.revision, 4);
    },
  },
  {
    name: "several changes to one key in one batch count one by one",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.set("k", "1"), log.set("k", "2"), log.set("other", ""), log.set("k", "3")]);
      assert.deepEqual(machine.get("k"), entryOf("k", "3", [1, 4, 3]));
    },
  },
  {
    name: "a set returns the previous entry only when asked for",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const set = (value: string) => log.write({ kind: "set", key: "k", value: bytesOf(value), returnPrevious: true });
      assert.deepEqual(await written(machine, set("one")), { kind: "set", revision: 1 });
      const previous = entryOf("k", "one", [1, 1, 1]);
      assert.deepEqual(await written(machine, set("two")), { kind: "set", revision: 2, previous });
    },
  },
  {
    name: "a setMulti takes one revision for all its pairs",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await written(machine, log.set("b", "old"));
      const pairs = [
        { key: "b", value: bytesOf("new") },
        { key: "a", value: bytesOf("first") },
      ];
      assert.deepEqual(await written(machine, log.write({ kind: "setMulti", pairs })), {
        kind: "setMulti",
        revision: 2,
      });
      assert.deepEqual(machine.get("a"), entryOf("a", "first", [2, 2, 1]));
      assert.deepEqual(machine.get("b"), entryOf("b", "new", [1, 2, 2]));
    },
  },
  {
    name: "a delete is idempotent, and takes a revision only when something was there",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const missing = { kind: "delete", revision: 0, deletedCount: 0 };
      assert.deepEqual(await written(machine, log.write({ kind: "delete", key: "k" })), missing);
      assert.deepEqual(await written(machine, log.write({ kind: "delete", key: "k", returnPrevious: true })), {
        ...missing,
        previous: [],
      });
      await written(machine, log.set("k", "one"));
      const previous = [entryOf("k", "one", [1, 1, 1])];
      const first = await written(machine, log.write({ kind: "delete", key: "k", returnPrevious: true }));
      assert.deepEqual(first, { kind: "delete", revision: 2, deletedCount: 1, previous });
      const second = await written(machine, log.write({ kind: "delete", key: "k" }));
      assert.deepEqual(second, { kind: "delete", revision: 2, deletedCount: 0 });
    },
  },
  {
    name: "a deleteMulti counts what was there and returns it in key order",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, log.sets(["\u{1F600}", "\uFFFD", "a"]));
      const keys = ["\u{1F600}", "missing", "a", "\uFFFD"];
      const result = await written(machine, log.write({ kind: "deleteMulti", keys, returnPrevious: true }));
      assert.ok(result.kind === "delete");
      assert.deepEqual([result.revision, result.deletedCount], [4, 3]);
      assert.deepEqual(
        result.previous?.map((entry) => entry.key),
        ["a", "\uFFFD", "\u{1F600}"],
      );
      const again = await written(machine, log.write({ kind: "deleteMulti", keys }));
      assert.deepEqual(again, { kind: "delete", revision: 4, deletedCount: 0 });
    },
  },
  {
    name: "compareAndSwap tells absent, value and revision apart, and a conflict shows what is there",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const compare = (value: string, expected: Expected) =>
        written(machine, log.write({ kind: "compareAndSwap", key: "k", expected, value: bytesOf(value) }));
      const ok = (revision: number) => ({ kind: "compare", outcome: "ok", revision });
      const conflict = (revision: number, actual: KeyValueEntry | undefined) => {
        return { kind: "compare", outcome: "conflict", revision, actual };
      };
      assert.deepEqual(await compare("x", { kind: "value", value: bytesOf("one") }), conflict(0, undefined));
      assert.deepEqual(await compare("x", { kind: "modRevision", modRevision: 1 }), conflict(0, undefined));
      assert.deepEqual(await compare("one", { kind: "absent" }), ok(1));
      assert.deepEqual(await compare("x", { kind: "absent" }), conflict(1, entryOf("k", "one", [1, 1, 1])));
      assert.deepEqual(
        await compare("x", { kind: "value", value: bytesOf("on") }),
        conflict(1, entryOf("k", "one", [1, 1, 1])),
      );
      assert.deepEqual(await compare("two", { kind: "value", value: bytesOf("one") }), ok(2));
      assert.deepEqual(await compare("three", { kind: "modRevision", modRevision: 2 }), ok(3));
      assert.deepEqual(
        await compare("x", { kind: "modRevision", modRevision: 2 }),
        conflict(3, entryOf("k", "three", [1, 3, 3])),
      );
      assert.equal(machine.revision, 3);
    },
  },
  {
    name: "compareAndDelete deletes on a match and takes no revision when there is nothing to delete",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const compare = (expected: Expected) =>
        written(machine, log.write({ kind: "compareAndDelete", key: "k", expected }));
      assert.deepEqual(await compare({ kind: "absent" }), { kind: "compare", outcome: "ok", revision: 0 });
      await written(machine, log.set("k", "one"));
      const actual = entryOf("k", "one", [1, 1, 1]);
      const conflict = { kind: "compare", outcome: "conflict", revision: 1, actual };
      assert.deepEqual(await compare({ kind: "absent" }), conflict);
      assert.deepEqual(await compare({ kind: "value", value: bytesOf("") }), conflict);
      const match = await compare({ kind: "value", value: bytesOf("one") });
      assert.deepEqual(match, { kind: "compare", outcome: "ok", revision: 2 });
      assert.equal(machine.get("k"), undefined);
    },
  },
  {
    name: "log time is the largest stamp applied and never goes back",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      for (const [stamp, expected] of [
        [500, 500],
        [900, 900],
        [100, 900],
      ] as const) {
        log.logTimeMs = stamp;
        await written(machine, log.set("k", ""));
        assert.equal(machine.logTimeMs, expected);
      }
    },
  },
  {
    name: "what is handed out is a copy: changing it changes nothing",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await written(machine, log.set("k", "one"));
      machine.get("k")?.value.fill(0);
      machine.scan(prefix("")).entries[0]?.value.fill(0);
      assert.deepEqual(machine.get("k")?.value, bytesOf("one"));
    },
  },
];
