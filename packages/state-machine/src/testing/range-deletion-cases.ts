import assert from "node:assert/strict";
import { compareKeys, limits, type KeyValueStateMachine } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, prefix, resultOf, scannedKeys, written } from "./applying.ts";
import { plainSet, prefixOf, rangeDeletion, transactionOf } from "./commands.ts";
import { bytesOf, LogScript } from "./log-script.ts";
import { NASTY_KEYS } from "./read-cases.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

const TOO_MANY = { kind: "refused", reason: "tooManyKeys" } as const;

/** So many keys that start with the prefix. */
async function fill(machine: KeyValueStateMachine, log: LogScript, start: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += limits.batchItemsMax) {
    const size = Math.min(limits.batchItemsMax, count - from);
    const pairs = Array.from({ length: size }, (_, i) => ({ key: start + (from + i), value: bytesOf("") }));
    await applied(machine, [log.write({ kind: "setMulti", pairs })]);
  }
}

export const rangeDeletionCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "deleteRange deletes what a scan of its range shows, at one revision, and returns it in key order when asked",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const ranges = [
        prefixOf("a/"),
        prefixOf("a\u{10FFFF}"),
        prefixOf("a"),
        { kind: "range", start: "b", end: "b\u0000" },
        { kind: "range", start: "\uFFFD", end: "\u{1F600}" },
        prefixOf(""),
      ] as const;
      for (const range of ranges) {
        await applied(machine, log.sets(NASTY_KEYS));
        const { revision } = machine;
        const previous = machine.scan({ ...prefix(""), range }).entries;
        assert.ok(previous.length > 0);
        const result = await written(machine, log.write(rangeDeletion(range, true)));
        assert.deepEqual(result, {
          kind: "delete",
          revision: revision + 1,
          deletedCount: previous.length,
          previous,
        });
        const kept = NASTY_KEYS.filter((key) => previous.every((entry) => entry.key !== key));
        assert.deepEqual(scannedKeys(machine, prefix("")), kept.sort(compareKeys));
      }
      await applied(machine, [log.write(plainSet("k"))]);
      const unasked = await written(machine, log.write(rangeDeletion(prefixOf(""))));
      assert.deepEqual(unasked, { kind: "delete", revision: machine.revision, deletedCount: 1 });
    },
  },
  {
    name: "deleteRange of nothing succeeds and takes no revision; system keys are in no range",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, log.sets(["\u0000", "\u0000system", "b", "d"]));
      const ranges = [
        prefixOf("c"),
        prefixOf("\u0000"),
        { kind: "range", start: "", end: "b" },
        { kind: "range", start: "c", end: "d" },
        { kind: "range", start: "d", end: "b" },
        { kind: "range", start: "b", end: "b" },
      ] as const;
      const nothing = { kind: "delete", deletedCount: 0 } as const;
      for (const range of ranges) {
        const alone = await written(machine, log.write(rangeDeletion(range)));
        assert.deepEqual(alone, { ...nothing, revision: 4 });
        const within = await written(machine, log.write(transactionOf(rangeDeletion(range, true))));
        assert.ok(within.kind === "transaction");
        assert.deepEqual([within.revision, within.results], [4, [{ ...nothing, previous: [] }]]);
      }
      await written(machine, log.write(rangeDeletion(prefixOf(""))));
      assert.deepEqual([machine.get("\u0000system")?.version, machine.get("\u0000")?.version], [1, 1]);
    },
  },
  {
    name: "as many keys are deleted by the ranges of one command as the bound says; beyond it none is",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const { changedKeysMax } = limits;
      await fill(machine, log, "x/", changedKeysMax - 1);
      await fill(machine, log, "y/", 2);
      const { revision } = machine;
      const [x, y] = [rangeDeletion(prefixOf("x/")), rangeDeletion(prefixOf("y/"))];
      for (const command of [rangeDeletion(prefixOf("")), transactionOf(x, y), transactionOf(y, plainSet("n"), x)]) {
        assert.deepEqual(await resultOf(machine, log.write(command)), TOO_MANY);
        assert.deepEqual([machine.revision, machine.get("n")], [revision, undefined]);
        assert.equal(machine.scan(prefix("", { limit: 0 })).count, changedKeysMax + 1);
      }
      await applied(machine, [log.write({ kind: "delete", key: "y/0" })]);
      // Sets and deletions of single keys do not count, before a range or behind it, nor does a range without keys.
      const sets = [plainSet("m"), { kind: "delete", key: "missing" }] as const;
      const full = transactionOf(...sets, x, plainSet("n"), y, plainSet("o"), rangeDeletion(prefixOf("z/")));
      const result = await written(machine, log.write(full));
      assert.ok(result.kind === "transaction");
      const deleted = result.results.map((one) => (one.kind === "delete" ? one.deletedCount : undefined));
      assert.deepEqual(deleted, [undefined, 0, changedKeysMax - 1, undefined, 1, undefined, 0]);
      assert.deepEqual(scannedKeys(machine, prefix("")), ["m", "n", "o"]);
      assert.equal(machine.revision, revision + 2);
    },
  },
];
