import assert from "node:assert/strict";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, assertRefused, keysOf, leasesOf, prefix, resultOf, scannedKeys, written } from "./applying.ts";
import {
  boundSet,
  expireOf,
  grantOf,
  plainSet,
  renewOf,
  revokeOf,
  timedSet,
  transactionOf,
  TTL_MS,
  UNBINDING_WRITE_COUNT,
  unbindingWrites,
} from "./commands.ts";
import { LogScript } from "./log-script.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

export const ownedLeaseCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "a set with a time to live gives the key a lease of its own, with the first free number from its place on",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(3)), log.write(timedSet("a")), log.write(timedSet("b", 2 * TTL_MS))]);
      assert.deepEqual([machine.get("a")?.leaseId, machine.get("b")?.leaseId], [2, 4]);
      const ofA = { leaseId: 2, ttlMs: TTL_MS, deadlineMs: log.logTimeMs + TTL_MS, keyCount: 1, keys: ["a"] };
      const ofB = { leaseId: 4, ttlMs: 2 * TTL_MS, deadlineMs: log.logTimeMs + 2 * TTL_MS, keyCount: 1, keys: ["b"] };
      const granted = { leaseId: 3, ttlMs: TTL_MS, deadlineMs: log.logTimeMs + TTL_MS, keyCount: 0, keys: [] };
      assert.deepEqual(leasesOf(machine), [ofA, granted, ofB]);
    },
  },
  {
    name: "the keys of one transaction get leases of their own, each another",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(3))]);
      const transaction = transactionOf(timedSet("a"), boundSet("b", 3), timedSet("c"), { kind: "get", key: "c" });
      const result = await written(machine, log.write(transaction));
      assert.ok(result.kind === "transaction");
      assert.deepEqual(result.results.at(-1), { kind: "get", entry: machine.get("c") });
      assert.deepEqual(
        leasesOf(machine).map(({ leaseId, keys }) => [leaseId, ...keys]),
        [
          [2, "a"],
          [3, "b"],
          [4, "c"],
        ],
      );
      assert.equal(machine.revision, 1);
    },
  },
  {
    name: "a lease of a key's own ends with the key, and with the next change of the key",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const kept: string[] = [];
      for (let position = 0; position < UNBINDING_WRITE_COUNT; position += 1) {
        const key = `k/${position}`;
        const leaseId = log.nextIndex;
        await applied(machine, [log.write(timedSet(key))]);
        assert.deepEqual(keysOf(machine, leaseId), [key]);
        const [name, command, isKept] = unbindingWrites(key, machine.revision)[position] ?? assert.fail();
        await applied(machine, [log.write(command)]);
        assert.deepEqual(leasesOf(machine), [], name);
        if (isKept) kept.push(key);
        // A key without a lease outlives the time that it once had.
        log.logTimeMs += TTL_MS;
        await applied(machine, [log.command(expireOf(leaseId))]);
        assert.deepEqual([machine.get(key) !== undefined, machine.get(key)?.leaseId], [isKept, undefined], name);
      }
      assert.deepEqual(scannedKeys(machine, prefix("")), kept);
    },
  },
  {
    name: "a key that is bound anew leaves the lease of its own behind, which ends; a granted one stays without keys",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(100)), log.write(timedSet("k"))]);
      assert.deepEqual(keysOf(machine, 2), ["k"]);
      await applied(machine, [log.write(timedSet("k", 2 * TTL_MS))]);
      assert.deepEqual([keysOf(machine, 2), keysOf(machine, 3)], [undefined, ["k"]]);
      assert.equal(machine.lease(3)?.ttlMs, 2 * TTL_MS);
      await applied(machine, [log.write(boundSet("k", 100))]);
      assert.deepEqual([keysOf(machine, 3), keysOf(machine, 100)], [undefined, ["k"]]);
      await applied(machine, [log.write(timedSet("k"))]);
      assert.deepEqual([keysOf(machine, 100), keysOf(machine, 5)], [[], ["k"]]);
    },
  },
  {
    name: "the number of the lease that a key gives up is free for the one that it gets",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      // With number 2 taken, the lease of the key at index 2 gets number 3, which index 3 then asks for.
      await applied(machine, [log.write(grantOf(2)), log.write(timedSet("k")), log.write(timedSet("k", 2 * TTL_MS))]);
      assert.deepEqual(
        leasesOf(machine).map(({ leaseId, ttlMs, keys }) => [leaseId, ttlMs, ...keys]),
        [
          [2, TTL_MS],
          [3, 2 * TTL_MS, "k"],
        ],
      );
    },
  },
  {
    name: "a number that went from one key to another in a transaction goes back when it is refused",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      // Number 2 is taken, so that "a" has lease 3, and index 3 asks for that number when "a" has given it up.
      await applied(machine, [log.write(grantOf(2)), log.write(timedSet("a"))]);
      const passing = transactionOf(plainSet("a"), timedSet("b", 2 * TTL_MS), boundSet("c", 999));
      await assertRefused(subject, machine, log, [[passing, "leaseNotFound"]]);
      assert.deepEqual([keysOf(machine, 3), machine.lease(3)?.ttlMs, machine.get("b")], [["a"], TTL_MS, undefined]);
    },
  },
  {
    name: "no key can be bound to the lease of another key's own, nor to the one that it gives up",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(timedSet("k")), log.write(plainSet("other"))]);
      await assertRefused(subject, machine, log, [
        [boundSet("other", 1), "leaseNotFound"],
        [boundSet("new", 1), "leaseNotFound"],
        [boundSet("k", 1), "leaseNotFound"],
        [transactionOf(timedSet("new"), plainSet("other"), boundSet("k", 1)), "leaseNotFound"],
        [grantOf(1), "leaseExists"],
      ]);
      assert.deepEqual([keysOf(machine, 1), machine.get("k")?.leaseId], [["k"], 1]);
    },
  },
  {
    name: "a lease of a key's own is revoked, renewed and ended like any other, and takes the key along",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(timedSet("a")), log.write(timedSet("b"))]);
      const result = await written(machine, log.write(revokeOf(1)));
      assert.deepEqual(result, { kind: "leaseRevoke", revision: 3, wasGranted: true, deletedCount: 1 });
      log.logTimeMs += TTL_MS - 1;
      await applied(machine, [log.command(renewOf(2))]);
      log.logTimeMs += TTL_MS - 1;
      const early = await resultOf(machine, log.command(expireOf(1, 2)));
      assert.deepEqual(early, { kind: "leasesTouched", revision: 3, leaseIds: [] });
      log.logTimeMs += 1;
      const due = await resultOf(machine, log.command(expireOf(1, 2)));
      assert.deepEqual(due, { kind: "leasesTouched", revision: 4, leaseIds: [2] });
      assert.deepEqual([machine.get("a"), machine.get("b"), leasesOf(machine)], [undefined, undefined, []]);
    },
  },
  {
    name: "a transaction that is refused gives every key the lease back that it had, with the time that was left",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [
        log.write(grantOf(100)),
        log.write(timedSet("a")),
        log.write(timedSet("b")),
        log.write(timedSet("c")),
        log.write(boundSet("d", 100)),
      ]);
      log.logTimeMs += 700;
      const refused = transactionOf(
        plainSet("a"),
        timedSet("b", 2 * TTL_MS),
        { kind: "deleteRange", range: { kind: "range", start: "c", end: "e" } },
        boundSet("e", 100),
        timedSet("f"),
        boundSet("g", 999),
      );
      await assertRefused(subject, machine, log, [
        [refused, "leaseNotFound"],
        [refused, "leaseNotFound"],
      ]);
      assert.deepEqual(
        leasesOf(machine).map(({ leaseId, keys }) => [leaseId, ...keys]),
        [
          [2, "a"],
          [3, "b"],
          [4, "c"],
          [100, "d"],
        ],
      );
    },
  },
];
