import assert from "node:assert/strict";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { stateMachineLimits } from "../limits.ts";
import { applied, historyOf, installFrom, takenSnapshot } from "./applying.ts";
import { expireOf, plainSet, prefixOf, rangeDeletion, timedSet, transactionOf, TTL_MS } from "./commands.ts";
import { LogScript } from "./log-script.ts";
import type { StateMachineReplica, StateMachineSubject } from "./state-machine-subject.ts";

const MIB = 1_048_576;

/** Puts, deletions, ranges, leases that end, and commands that take no revision. */
function fill(log: LogScript, rounds: number): LogScript {
  for (let i = 0; i < rounds; i += 1) {
    log.set(`k/${i % 7}`, `value ${i}`.repeat(i % 40));
    log.write(transactionOf(timedSet(`timed/${i}`), { kind: "delete", key: `k/${i % 3}` }));
    log.write(transactionOf(plainSet("y"), rangeDeletion(prefixOf(`k/${i % 5}`))));
    log.write({ kind: "delete", key: "missing" });
    log.logTimeMs += TTL_MS / 4;
    log.command(expireOf(...Array.from({ length: log.nextIndex }, (_, number) => number + 1)));
  }
  return log;
}

async function applyRest({ machine }: StateMachineReplica, log: LogScript): Promise<void> {
  await applied(machine, log.after(machine.appliedState.lastApplied.index));
}

async function assertSame(one: StateMachineReplica, other: StateMachineReplica): Promise<void> {
  assert.equal(one.machine.firstRevision, other.machine.firstRevision);
  assert.deepEqual(historyOf(one.machine), historyOf(other.machine));
  assert.equal(await one.machine.checksum(), await other.machine.checksum());
}

/** So many values of a mebibyte each, of which the history cannot keep all. */
function fillLarge(log: LogScript, count: number): LogScript {
  for (let i = 0; i < count; i += 1) log.write({ kind: "set", key: `large/${i}`, value: new Uint8Array(MIB).fill(i) });
  return log;
}

export const historyDurabilityCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "the history survives a restart, and goes on as that of a machine that never stopped",
    async run(subject) {
      const [replica, steady] = [await subject.openReplica(), await subject.openReplica()];
      const log = new LogScript();
      for (let life = 0; life < 4; life += 1) {
        await applyRest(replica, fill(log, 10));
        const history = historyOf(replica.machine);
        await replica.restart();
        assert.deepEqual(historyOf(replica.machine), history);
        assert.equal(history.length, replica.machine.revision);
      }
      for (const entry of log.entries) await applied(steady.machine, [entry]);
      await assertSame(replica, steady);
    },
  },
  {
    name: "the history survives a power cut as far as the state does; the log brings back the rest",
    async run(subject) {
      const [replica, steady] = [await subject.openReplica(), await subject.openReplica()];
      const log = fill(new LogScript(), 10);
      await applyRest(replica, log);
      await replica.machine.flush();
      const flushed = historyOf(replica.machine);
      await applyRest(replica, fill(log, 10));
      await replica.restartAfterPowerCut();
      assert.deepEqual(historyOf(replica.machine).slice(0, flushed.length), flushed);
      await applyRest(replica, fill(log, 2));
      await applyRest(steady, log);
      await assertSame(replica, steady);
    },
  },
  {
    name: "the history comes with a snapshot, in place of what was there",
    async run(subject) {
      const [donor, target] = [await subject.openReplica(), await subject.openReplica()];
      const log = fill(new LogScript(), 4);
      await applyRest(target, log);
      await applyRest(donor, fill(log, 10));
      await takenSnapshot(donor.machine);
      await installFrom(donor.machine, target.machine);
      await assertSame(target, donor);
      await target.restart();
      fill(log, 4);
      for (const replica of [donor, target]) await applyRest(replica, log);
      await assertSame(target, donor);
    },
  },
  {
    name: "H4: beyond its bytes the history loses the oldest revisions, the same ones however the log is cut",
    async run(subject) {
      const [one, other] = [await subject.openReplica(), await subject.openReplica()];
      const log = fillLarge(fill(new LogScript(), 2), 40);
      await applied(one.machine, log.entries);
      for (const entry of log.entries) await applied(other.machine, [entry]);
      const { revision, firstRevision } = one.machine;
      // Each has its key and numbers beside the mebibyte.
      assert.equal(revision - firstRevision + 1, stateMachineLimits.historyBytesMax / MIB - 1);
      assert.deepEqual(one.machine.changesFrom(firstRevision - 1, 1), { kind: "compacted", firstRevision });
      await one.restart();
      await assertSame(one, other);
      fill(log, 1);
      for (const replica of [one, other]) await applyRest(replica, log);
      assert.ok(one.machine.firstRevision >= firstRevision);
      await assertSame(one, other);
    },
  },
  {
    name: "H4: what is older than an hour of log time goes with the next command of whatever kind; the newest stays",
    async run(subject) {
      const replica = await subject.openReplica();
      const { historyAgeMsMax } = stateMachineLimits;
      const log = new LogScript();
      await applied(replica.machine, [log.set("a", "1")]);
      log.logTimeMs += 1;
      await applied(replica.machine, [log.set("b", "1"), log.set("b", "2")]);
      log.logTimeMs += historyAgeMsMax - 1;
      await applied(replica.machine, [log.write({ kind: "delete", key: "missing" })]);
      assert.equal(replica.machine.firstRevision, 1);
      log.logTimeMs += 1;
      await applied(replica.machine, [log.write({ kind: "delete", key: "missing" })]);
      assert.equal(replica.machine.firstRevision, 2);
      await replica.restart();
      assert.equal(replica.machine.firstRevision, 2);
      log.logTimeMs += 10 * historyAgeMsMax;
      await applied(replica.machine, [log.write({ kind: "delete", key: "missing" })]);
      assert.deepEqual([replica.machine.firstRevision, replica.machine.revision], [3, 3]);
      await replica.restart();
      await applied(replica.machine, [log.set("c", "1")]);
      assert.deepEqual([replica.machine.firstRevision, replica.machine.revision], [4, 4]);
    },
  },
];
