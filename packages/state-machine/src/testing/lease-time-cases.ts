import assert from "node:assert/strict";
import { limits, type CommandResult, type LeaseId } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, keysOf, prefix, resultOf, scannedKeys, written } from "./applying.ts";
import {
  boundSet,
  expireOf,
  EXTEND,
  grantOf,
  plainSet,
  renewOf,
  revokeOf,
  timedSet,
  transactionOf,
  TTL_MS,
} from "./commands.ts";
import { LogScript } from "./log-script.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

function touched(revision: number, ...leaseIds: LeaseId[]): CommandResult {
  return { kind: "leasesTouched", revision, leaseIds };
}

const endCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "a lease ends at its deadline by log time, not before, and its keys with it, at one revision",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const commands = [grantOf(7), boundSet("b", 7), boundSet("a", 7), plainSet("free")];
      await applied(
        machine,
        commands.map((command) => log.write(command)),
      );
      log.logTimeMs += TTL_MS - 1;
      assert.deepEqual(await resultOf(machine, log.command(expireOf(7))), touched(3));
      assert.deepEqual(keysOf(machine, 7), ["a", "b"]);
      log.logTimeMs += 1;
      assert.deepEqual(await resultOf(machine, log.command(expireOf(7))), touched(4, 7));
      assert.deepEqual([machine.lease(7), machine.revision], [undefined, 4]);
      assert.deepEqual(scannedKeys(machine, prefix("")), ["free"]);
      assert.deepEqual(await resultOf(machine, log.command(expireOf(7))), touched(4));
    },
  },
  {
    name: "log time makes a lease due, whatever stamp the entry has that ends it",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7))]);
      log.logTimeMs += TTL_MS;
      await applied(machine, [log.write(plainSet("k"))]);
      log.logTimeMs -= TTL_MS;
      assert.deepEqual(await resultOf(machine, log.command(expireOf(7))), touched(1, 7));
    },
  },
  {
    name: "a lease that is due is there until it is ended: keys are read, bound and unbound, and it is renewed",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(boundSet("a", 7)), log.write(timedSet("b"))]);
      log.logTimeMs += 10 * TTL_MS;
      await written(machine, log.write(boundSet("c", 7)));
      assert.deepEqual([keysOf(machine, 7), machine.get("b")?.leaseId], [["a", "c"], 3]);
      assert.deepEqual(await resultOf(machine, log.command(renewOf(7))), touched(3, 7));
      assert.equal(machine.lease(7)?.deadlineMs, log.logTimeMs + TTL_MS);
      assert.deepEqual(await resultOf(machine, log.command(expireOf(3, 7))), touched(4, 3));
      assert.deepEqual(scannedKeys(machine, prefix("")), ["a", "c"]);
    },
  },
  {
    name: "leases that are due are listed in the order of their numbers, up to a limit, and only those",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const ttls = [
        [30, TTL_MS],
        [10, TTL_MS + 1],
        [20, TTL_MS - 1],
        [40, TTL_MS],
      ] as const;
      await applied(
        machine,
        ttls.map(([leaseId, ttlMs]) => log.write(grantOf(leaseId, ttlMs))),
      );
      const due = log.logTimeMs + TTL_MS;
      assert.deepEqual(machine.leasesDueBy(due, 10), [20, 30, 40]);
      assert.deepEqual(machine.leasesDueBy(due, 2), [20, 30]);
      assert.deepEqual(machine.leasesDueBy(due - 1, 10), [20]);
      assert.deepEqual(machine.leasesDueBy(due - 2, 10), []);
    },
  },
  {
    name: "only leases that are named end, all of those at one revision; leases without keys take none",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const commands = [1, 2, 3, 4, 5].map((leaseId) => log.write(grantOf(leaseId)));
      await applied(machine, [...commands, log.write(boundSet("a", 1)), log.write(boundSet("b", 2))]);
      await applied(machine, [log.write(boundSet("c", 3))]);
      log.logTimeMs += TTL_MS;
      assert.deepEqual(await resultOf(machine, log.command(expireOf(1, 3, 5, 9))), touched(4, 1, 3, 5));
      assert.deepEqual(scannedKeys(machine, prefix("")), ["b"]);
      assert.deepEqual(await resultOf(machine, log.command(expireOf(4))), touched(4, 4));
      assert.deepEqual([machine.leases(0, 10).map(({ leaseId }) => leaseId), machine.revision], [[2], 4]);
    },
  },
  {
    name: "leases with more keys than one command may delete end one after the other",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const counts = [6_000, 4_001, 5_999, 1];
      for (const [position, keyCount] of counts.entries()) {
        const leaseId = position + 1;
        await applied(machine, [log.write(grantOf(leaseId))]);
        for (let from = 0; from < keyCount; from += limits.transactionItemsMax) {
          const size = Math.min(limits.transactionItemsMax, keyCount - from);
          const sets = Array.from({ length: size }, (_, i) => boundSet(`${leaseId}/${from + i}`, leaseId));
          await applied(machine, [log.write(transactionOf(...sets))]);
        }
      }
      log.logTimeMs += TTL_MS;
      const { revision } = machine;
      const all = () => resultOf(machine, log.command(expireOf(1, 2, 3, 4)));
      // Nothing behind one that does not fit is taken, though the last one would be no key too many.
      assert.deepEqual(await all(), touched(revision + 1, 1));
      assert.equal(machine.scan(prefix("", { limit: 0 })).count, 4_001 + 5_999 + 1);
      assert.deepEqual(await all(), touched(revision + 2, 2, 3));
      assert.deepEqual(scannedKeys(machine, prefix("")), ["4/0"]);
      assert.deepEqual(await all(), touched(revision + 3, 4));
      assert.deepEqual([machine.leases(0, 10), scannedKeys(machine, prefix(""))], [[], []]);
    },
  },
];

const renewalCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "a renewal gives the leases that are there their whole time again, from the log time of its entry on",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(grantOf(8, 2 * TTL_MS)), log.write(grantOf(9))]);
      const deadlineMs = log.logTimeMs + TTL_MS;
      log.logTimeMs += 600;
      assert.deepEqual(await resultOf(machine, log.command(renewOf(6, 7, 8))), touched(0, 7, 8));
      assert.deepEqual(
        [7, 8, 9].map((leaseId) => machine.lease(leaseId)?.deadlineMs),
        [deadlineMs + 600, deadlineMs + TTL_MS + 600, deadlineMs],
      );
      // A stamp that is behind log time renews from log time on.
      log.logTimeMs -= 500;
      await applied(machine, [log.command(renewOf(9))]);
      assert.equal(machine.lease(9)?.deadlineMs, deadlineMs + 600);
      assert.deepEqual(await resultOf(machine, log.command(renewOf(6))), touched(0));
    },
  },
  {
    name: "a lease that was renewed after the leader looked for those that are due does not end",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(boundSet("k", 7)), log.write(grantOf(8))]);
      log.logTimeMs += TTL_MS;
      assert.deepEqual(machine.leasesDueBy(log.logTimeMs, 10), [7, 8]);
      const batch = await applied(machine, [log.command(renewOf(7)), log.command(expireOf(7, 8))]);
      assert.deepEqual(batch[1], touched(1, 8));
      assert.deepEqual(keysOf(machine, 7), ["k"]);
      log.logTimeMs += TTL_MS;
      assert.deepEqual(await resultOf(machine, log.command(expireOf(7))), touched(2, 7));
    },
  },
  {
    name: "an extension gives every lease its whole time again, with or without keys, due or not",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(1)), log.write(grantOf(2, 5 * TTL_MS)), log.write(timedSet("k"))]);
      log.logTimeMs += TTL_MS - 1;
      await applied(machine, [log.command(renewOf(1)), log.write(grantOf(4, limits.leaseTtlMsMax))]);
      log.logTimeMs += 2;
      // The lease of the key is due by now, and gets its time all the same.
      assert.deepEqual(machine.leasesDueBy(log.logTimeMs, 10), [3]);
      assert.deepEqual(await resultOf(machine, log.command(EXTEND)), touched(1));
      for (const { ttlMs, deadlineMs } of machine.leases(0, 10)) assert.equal(deadlineMs, log.logTimeMs + ttlMs);
      assert.deepEqual(await resultOf(machine, log.command(expireOf(1, 2, 3, 4))), touched(1));
      log.logTimeMs += TTL_MS;
      assert.deepEqual(await resultOf(machine, log.command(expireOf(1, 2, 3, 4))), touched(2, 1, 3));
    },
  },
  {
    name: "an extension is not for leases that come later, nor does it take back a renewal",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.command(EXTEND)]);
      log.logTimeMs += 300;
      await applied(machine, [log.command(renewOf(7)), log.write(grantOf(8))]);
      for (const leaseId of [7, 8]) assert.equal(machine.lease(leaseId)?.deadlineMs, log.logTimeMs + TTL_MS);
      await applied(machine, [log.write(revokeOf(7)), log.write(grantOf(7, 200))]);
      assert.equal(machine.lease(7)?.deadlineMs, log.logTimeMs + 200);
    },
  },
];

export const leaseTimeCases: readonly AcceptanceCase<StateMachineSubject>[] = [...endCases, ...renewalCases];
