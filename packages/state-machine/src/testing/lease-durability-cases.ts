import assert from "node:assert/strict";
import type { KeyValueStateMachine, LogEntry } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, installFrom, keysOf, leasesOf, resultOf, takenSnapshot } from "./applying.ts";
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
} from "./commands.ts";
import { LogScript } from "./log-script.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

/** Leases of every kind: with several keys, one and none, a key's own, renewed, extended, ended, revoked. */
function leaseLog(): LogScript {
  const log = new LogScript();
  for (const leaseId of [100, 200, 300, 400, 500]) log.write(grantOf(leaseId, TTL_MS + leaseId));
  for (const key of ["b", "a", "c/1", "c/2", "c/3"]) log.write(boundSet(key, 100));
  log.write(transactionOf(boundSet("d", 200), timedSet("own/1"), timedSet("own/2", 2 * TTL_MS), timedSet("own/3")));
  log.write(plainSet("own/3"));
  log.write(boundSet("e", 400));
  log.logTimeMs += 400;
  log.command(EXTEND);
  log.logTimeMs += 300;
  log.command(renewOf(100, 300));
  log.write(revokeOf(500));
  log.write(plainSet("free"));
  log.write(timedSet("late"));
  log.write(rangeDeletion(prefixOf("c/2")));
  return log;
}

/** What only goes right where leases, keys and their counts are what they were. */
function laterEntries(log: LogScript): readonly LogEntry[] {
  const from = log.entries.length;
  log.write(plainSet("a"));
  log.write(boundSet("d", 100));
  log.write({ kind: "leaseGrant", ttlMs: TTL_MS });
  log.write(timedSet("own/1"));
  log.write({ kind: "delete", key: "own/2" });
  log.logTimeMs += TTL_MS + 200;
  log.command(expireOf(100, 200, 300, 400));
  log.write(revokeOf(100));
  log.write(grantOf(200));
  log.command(EXTEND);
  return log.after(from);
}

async function assertSameAfterwards(
  log: LogScript,
  machine: KeyValueStateMachine,
  other: KeyValueStateMachine,
): Promise<void> {
  const entries = laterEntries(log);
  assert.deepEqual(await applied(machine, entries), await applied(other, entries));
  assert.deepEqual(leasesOf(machine), leasesOf(other));
  assert.equal(await machine.checksum(), await other.checksum());
}

export const leaseDurabilityCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "leases survive a restart with their keys, their counts and their time",
    async run(subject) {
      const replica = await subject.openReplica();
      const steady = await subject.openReplica();
      const log = leaseLog();
      await applied(replica.machine, log.entries);
      await applied(steady.machine, log.entries);
      await replica.restart();
      const leases = leasesOf(steady.machine);
      assert.deepEqual(keysOf(replica.machine, 100), ["a", "b", "c/1", "c/3"]);
      assert.deepEqual(leasesOf(replica.machine), leases);
      assert.equal(await replica.machine.checksum(), await steady.machine.checksum());
      await assertSameAfterwards(log, replica.machine, steady.machine);
      await replica.restart();
      assert.deepEqual(leasesOf(replica.machine), leasesOf(steady.machine));
    },
  },
  {
    name: "leases that were flushed survive a power cut, and the rest comes back from the log",
    async run(subject) {
      const replica = await subject.openReplica();
      const steady = await subject.openReplica();
      const log = leaseLog();
      const half = Math.floor(log.entries.length / 2);
      await applied(replica.machine, log.entries.slice(0, half));
      await replica.machine.flush();
      await applied(replica.machine, log.entries.slice(half));
      await replica.restartAfterPowerCut();
      await applied(replica.machine, log.after(replica.machine.appliedState.lastApplied.index));
      await applied(steady.machine, log.entries);
      assert.deepEqual(leasesOf(replica.machine), leasesOf(steady.machine));
      await assertSameAfterwards(log, replica.machine, steady.machine);
    },
  },
  {
    name: "a snapshot carries leases with their keys, counts and time, and both replicas go on alike",
    async run(subject) {
      const donor = await subject.openReplica();
      const log = leaseLog();
      await applied(donor.machine, log.entries);
      await takenSnapshot(donor.machine);
      const target = await subject.openReplica();
      // What it knew of leases before is gone.
      await applied(target.machine, [new LogScript().write(grantOf(7))]);
      await installFrom(donor.machine, target.machine);
      assert.deepEqual(leasesOf(target.machine), leasesOf(donor.machine));
      assert.equal(await target.machine.checksum(), await donor.machine.checksum());
      await assertSameAfterwards(log, target.machine, donor.machine);
      await target.restart();
      assert.deepEqual(leasesOf(target.machine), leasesOf(donor.machine));
    },
  },
  {
    name: "a snapshot carries the last extension, though no lease says so",
    async run(subject) {
      const donor = await subject.openReplica();
      const log = new LogScript();
      log.write(grantOf(7));
      log.logTimeMs += 900;
      log.command(EXTEND);
      await applied(donor.machine, log.entries);
      await takenSnapshot(donor.machine);
      const target = await subject.openReplica();
      await installFrom(donor.machine, target.machine);
      log.logTimeMs += TTL_MS - 1;
      const early = log.command(expireOf(7));
      for (const { machine } of [donor, target]) {
        assert.deepEqual(await resultOf(machine, early), { kind: "leasesTouched", revision: 0, leaseIds: [] });
        assert.equal(machine.lease(7)?.deadlineMs, log.logTimeMs + 1);
      }
    },
  },
];
