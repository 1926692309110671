import assert from "node:assert/strict";
import type { KeyChange, KeyValueEntry, KeyValueStateMachine, RevisionChanges } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, historyOf, resultOf } from "./applying.ts";
import {
  boundSet,
  expireOf,
  grantOf,
  plainSet,
  prefixOf,
  rangeDeletion,
  renewOf,
  revokeOf,
  timedSet,
  transactionOf,
  TTL_MS,
} from "./commands.ts";
import { bytesOf, LogScript } from "./log-script.ts";
import { NASTY_KEYS } from "./read-cases.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

/** What the newest revision did, which must be the one behind `before`. */
function newest(machine: KeyValueStateMachine, before: number): readonly KeyChange[] {
  assert.equal(machine.revision, before + 1);
  const page = machine.changesFrom(machine.revision, 1);
  assert.ok(page.kind === "changes");
  assert.deepEqual(
    page.revisions.map(({ revision }) => revision),
    [machine.revision],
  );
  return page.revisions[0]?.changes ?? [];
}

function entryAt(machine: KeyValueStateMachine, key: string): KeyValueEntry {
  const entry = machine.get(key);
  assert.ok(entry !== undefined, `${key} is there`);
  return entry;
}

/** The keys of changes, those that went with a minus. */
function named(changes: readonly KeyChange[]): readonly string[] {
  return changes.map((change) => (change.kind === "put" ? change.entry.key : `-${change.key}`));
}

export const historyCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "H1: a machine without a past has no history; its first revision is the next to come",
    async run(subject) {
      const { machine } = await subject.openReplica();
      assert.equal(machine.firstRevision, 1);
      assert.deepEqual(machine.changesFrom(0, 1_000), { kind: "compacted", firstRevision: 1 });
      assert.deepEqual(machine.changesFrom(1, 1_000), { kind: "changes", revisions: [] });
      assert.deepEqual(machine.changesFrom(9, 1_000), { kind: "changes", revisions: [] });
    },
  },
  {
    name: "H2: every command that takes a revision tells what it changed, with what was there before, in key order",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const value = bytesOf("new");
      await applied(machine, [...log.sets(["b", "c"]), log.write(grantOf(7)), log.write(boundSet("d", 7))]);
      const commands = [
        [plainSet("a"), ["a"]],
        [
          { kind: "setMulti", pairs: ["\u{1F600}", "\uFFFD", "b"].map((key) => ({ key, value })) },
          ["b", "\uFFFD", "\u{1F600}"],
        ],
        [{ kind: "compareAndSwap", key: "c", value, expected: { kind: "value", value: bytesOf("value of c") } }, ["c"]],
        [{ kind: "deleteMulti", keys: ["\u{1F600}", "missing", "a"] }, ["-a", "-\u{1F600}"]],
        [transactionOf({ kind: "delete", key: "c" }, timedSet("z"), boundSet("e", 7)), ["-c", "e", "z"]],
        [rangeDeletion(prefixOf("b")), ["-b"]],
        [revokeOf(7), ["-d", "-e"]],
        [timedSet("y"), ["y"]],
      ] as const;
      for (const [command, keys] of commands) {
        const before = machine.revision;
        const held = new Map(
          NASTY_KEYS.concat("a", "b", "c", "d", "e", "y", "z", "\u{1F600}", "\uFFFD").map((key) => [
            key,
            machine.get(key),
          ]),
        );
        await applied(machine, [log.write(command)]);
        const changes = newest(machine, before);
        assert.deepEqual(named(changes), keys);
        for (const change of changes) {
          const key = change.kind === "put" ? change.entry.key : change.key;
          assert.deepEqual(change.previous, held.get(key));
          if (change.kind === "put") assert.deepEqual(change.entry, entryAt(machine, key));
        }
      }
      const owned = machine.leases(0, 10).map(({ leaseId }) => leaseId);
      log.logTimeMs += TTL_MS;
      const before = machine.revision;
      await applied(machine, [log.command(expireOf(...owned))]);
      assert.deepEqual(named(newest(machine, before)), ["-y", "-z"]);
      assert.equal(historyOf(machine).length, machine.revision);
    },
  },
  {
    name: "H3: what is refused, changes nothing, or was applied before leaves no trace",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const sessionId = log.nextIndex;
      const session = { sessionId, sequence: 1, acknowledgedThrough: 0 };
      await applied(machine, [log.command({ kind: "openSession" }), log.command(plainSet("k"), session)]);
      const history = historyOf(machine);
      assert.equal(history.length, 1);
      const refused = [
        transactionOf(plainSet("a"), rangeDeletion(prefixOf("k")), boundSet("b", 99)),
        grantOf(5),
        boundSet("k", 99),
      ];
      for (const command of refused) await applied(machine, [log.write(command)]);
      await applied(machine, [
        log.command(plainSet("k"), session),
        log.write({ kind: "delete", key: "missing" }),
        log.write(rangeDeletion(prefixOf("x"))),
        log.command(renewOf(5)),
        log.command(expireOf(5)),
        log.write(revokeOf(5)),
        log.membership([1]),
        log.blank(),
      ]);
      assert.deepEqual(historyOf(machine), history);
      assert.equal((await resultOf(machine, log.set("k", "2"))).kind, "written");
      assert.deepEqual(named(newest(machine, 1)), ["k"]);
    },
  },
  {
    name: "pages of the history hold whole revisions, as many as the bytes allow, at least one",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      for (let i = 0; i < 20; i += 1) log.write({ kind: "set", key: `k/${i}`, value: new Uint8Array(1_000) });
      await applied(machine, log.entries);
      const revisionsIn = (from: number, bytesMax: number): readonly number[] => {
        const page = machine.changesFrom(from, bytesMax);
        return page.kind === "changes" ? page.revisions.map(({ revision }: RevisionChanges) => revision) : [];
      };
      assert.deepEqual(revisionsIn(3, 0), [3]);
      assert.deepEqual(revisionsIn(3, 2_500), [3, 4]);
      assert.deepEqual(revisionsIn(19, 1_000_000), [19, 20]);
      assert.deepEqual(revisionsIn(21, 1_000_000), []);
    },
  },
  {
    name: "H5: what a revision took away is not kept when it is large",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const half = new Uint8Array(524_288 - 1);
      for (const key of ["a", "b"]) await applied(machine, [log.write({ kind: "set", key, value: half })]);
      await applied(machine, [log.write({ kind: "deleteMulti", keys: ["a", "b"] })]);
      const kept = newest(machine, 2);
      assert.deepEqual(
        kept.map(({ previous }) => previous?.value.byteLength),
        [half.byteLength, half.byteLength],
      );
      await applied(machine, [log.set("c", "")]);
      for (const key of ["a", "b"]) await applied(machine, [log.write({ kind: "set", key, value: half })]);
      const all = transactionOf({ kind: "delete", key: "a" }, { kind: "delete", key: "b" }, plainSet("c"));
      await applied(machine, [log.write(all)]);
      assert.deepEqual(newest(machine, 6), [
        { kind: "delete", key: "a" },
        { kind: "delete", key: "b" },
        { kind: "put", entry: entryAt(machine, "c") },
      ]);
    },
  },
  {
    name: "nobody changes the history from outside",
    async run(subject) {
      const { machine } = await subject.openReplica();
      await applied(machine, [new LogScript().set("k", "value")]);
      const checksum = await machine.checksum();
      const [change] = newest(machine, 0);
      assert.ok(change?.kind === "put");
      change.entry.value.fill(0);
      assert.deepEqual(machine.changesFrom(1, 1), {
        kind: "changes",
        revisions: [{ revision: 1, changes: [{ kind: "put", entry: entryAt(machine, "k") }] }],
      });
      assert.equal(await machine.checksum(), checksum);
    },
  },
];
