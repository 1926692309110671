import assert from "node:assert/strict";
import { compareKeys, limits } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, assertRefused, keysOf, leasesOf, prefix, resultOf, scannedKeys, written } from "./applying.ts";
import {
  boundSet,
  grantOf,
  plainSet,
  revokeOf,
  transactionOf,
  TTL_MS,
  UNBINDING_WRITE_COUNT,
  unbindingWrites,
} from "./commands.ts";
import { bytesOf, LogScript } from "./log-script.ts";
import { NASTY_KEYS } from "./read-cases.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

const grantCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "a lease has the number that its grant names, or the first free one from its place in the log on",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const unnamed = { kind: "leaseGrant", ttlMs: TTL_MS } as const;
      const expected = [
        [unnamed, 1],
        [grantOf(3), 3],
        [unnamed, 4],
        [unnamed, 5],
        [grantOf(limits.leaseIdMax), limits.leaseIdMax],
        [unnamed, 6],
      ] as const;
      for (const [command, leaseId] of expected) {
        const result = await written(machine, log.write(command));
        assert.deepEqual(result, { kind: "leaseGrant", revision: 0, leaseId, ttlMs: TTL_MS });
      }
      assert.deepEqual(
        leasesOf(machine).map(({ leaseId }) => leaseId),
        [1, 3, 4, 5, 6, limits.leaseIdMax],
      );
    },
  },
  {
    name: "a lease is due its time to live after the log time of its grant",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      log.logTimeMs = 5_000;
      await applied(machine, [log.write(grantOf(7, limits.leaseTtlMsMin))]);
      // A stamp behind log time counts as log time.
      log.logTimeMs = 4_000;
      await applied(machine, [log.write(grantOf(8, limits.leaseTtlMsMax))]);
      assert.deepEqual(leasesOf(machine), [
        { leaseId: 7, ttlMs: limits.leaseTtlMsMin, deadlineMs: 5_000 + limits.leaseTtlMsMin, keyCount: 0, keys: [] },
        { leaseId: 8, ttlMs: limits.leaseTtlMsMax, deadlineMs: 5_000 + limits.leaseTtlMsMax, keyCount: 0, keys: [] },
      ]);
    },
  },
  {
    name: "leases are listed in the order of their numbers, behind a number, up to a limit",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(
        machine,
        [30, 10, limits.leaseIdMax, 20].map((leaseId) => log.write(grantOf(leaseId))),
      );
      const listed = (after: number, limit: number) => machine.leases(after, limit).map(({ leaseId }) => leaseId);
      assert.deepEqual(listed(0, 2), [10, 20]);
      assert.deepEqual(listed(10, 2), [20, 30]);
      assert.deepEqual(listed(11, 1), [20]);
      assert.deepEqual(listed(29, 9), [30, limits.leaseIdMax]);
      assert.deepEqual(listed(limits.leaseIdMax, 9), []);
      assert.deepEqual(listed(0, 0), []);
    },
  },
  {
    name: "a number that is taken is refused and changes nothing; it is free when its lease has ended",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(boundSet("k", 7))]);
      log.logTimeMs += 500;
      await assertRefused(subject, machine, log, [[grantOf(7, 2 * TTL_MS), "leaseExists"]]);
      await applied(machine, [log.write(revokeOf(7))]);
      const again = await written(machine, log.write(grantOf(7, 2 * TTL_MS)));
      assert.deepEqual(again, { kind: "leaseGrant", revision: 2, leaseId: 7, ttlMs: 2 * TTL_MS });
      assert.deepEqual(keysOf(machine, 7), []);
    },
  },
  {
    name: "a lease that was never granted has no keys, nothing to revoke, and takes none",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(boundSet("k", 7))]);
      assert.equal(machine.lease(8), undefined);
      assert.deepEqual(machine.leaseKeys(8, 10), { keyCount: 0, keys: [] });
      const nothing = { kind: "leaseRevoke", revision: 1, wasGranted: false, deletedCount: 0 };
      assert.deepEqual(await written(machine, log.write(revokeOf(8))), nothing);
      await assertRefused(subject, machine, log, [
        [boundSet("k", 8), "leaseNotFound"],
        [boundSet("new", 8), "leaseNotFound"],
        [transactionOf(plainSet("k"), boundSet("new", 8)), "leaseNotFound"],
      ]);
    },
  },
];

const bindingCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "a set to a lease binds the key; the lease counts its keys and names the first of them in key order",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(grantOf(8))]);
      const shuffled = NASTY_KEYS.toSorted((left, right) => left.length - right.length || (left < right ? 1 : -1));
      await applied(machine, [log.write(boundSet("of another", 8))]);
      await applied(
        machine,
        shuffled.map((key) => log.write(boundSet(key, 7))),
      );
      const ordered = NASTY_KEYS.toSorted(compareKeys);
      for (const limit of [0, 1, 7, ordered.length, limits.scanLimitMax]) {
        const expected = { keyCount: ordered.length, keys: ordered.slice(0, limit) };
        assert.deepEqual(machine.leaseKeys(7, limit), expected);
      }
      const entry = { key: "of another", value: bytesOf("bound"), createRevision: 1, modRevision: 1, version: 1 };
      assert.deepEqual(machine.get("of another"), { ...entry, leaseId: 8 });
      assert.deepEqual(machine.scan(prefix("of")).entries, [{ ...entry, leaseId: 8 }]);
      assert.equal(machine.scan(prefix("of", { keysOnly: true })).entries[0]?.leaseId, 8);
    },
  },
  {
    name: "whatever changes or deletes a key without a binding unbinds it, and leaves the lease",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(boundSet("other", 7))]);
      const kept: string[] = [];
      for (let position = 0; position < UNBINDING_WRITE_COUNT; position += 1) {
        const key = `k/${position}`;
        await applied(machine, [log.write(boundSet(key, 7))]);
        assert.deepEqual(keysOf(machine, 7), [key, "other"]);
        const [name, command, isKept] = unbindingWrites(key, machine.revision)[position] ?? assert.fail();
        await applied(machine, [log.write(command)]);
        assert.deepEqual(keysOf(machine, 7), ["other"], name);
        assert.deepEqual([machine.get(key)?.version, machine.get(key)?.leaseId], [isKept ? 2 : undefined, undefined]);
        if (isKept) kept.push(key);
      }
      const revision = machine.revision + 1;
      const revoked = await written(machine, log.write(revokeOf(7)));
      assert.deepEqual(revoked, { kind: "leaseRevoke", revision, wasGranted: true, deletedCount: 1 });
      assert.deepEqual(scannedKeys(machine, prefix("")), kept);
    },
  },
  {
    name: "a compare that does not hold leaves the key bound",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(boundSet("k", 7))]);
      const expected = { kind: "absent" } as const;
      await applied(machine, [
        log.write({ kind: "compareAndSwap", key: "k", value: bytesOf("x"), expected }),
        log.write({ kind: "compareAndDelete", key: "k", expected }),
      ]);
      assert.deepEqual([keysOf(machine, 7), machine.get("k")?.leaseId], [["k"], 7]);
    },
  },
  {
    name: "a key is bound to the lease of its last set, once, and to that one only",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(grantOf(8))]);
      await applied(machine, [log.write(boundSet("k", 7)), log.write(boundSet("k", 7))]);
      assert.deepEqual(keysOf(machine, 7), ["k"]);
      await applied(machine, [log.write(boundSet("k", 8))]);
      assert.deepEqual([keysOf(machine, 7), keysOf(machine, 8)], [[], ["k"]]);
      await applied(machine, [log.write(revokeOf(7))]);
      assert.deepEqual([machine.get("k")?.leaseId, machine.get("k")?.version], [8, 3]);
      await applied(machine, [log.write(revokeOf(8))]);
      assert.equal(machine.get("k"), undefined);
    },
  },
  {
    name: "what a write returns of a key says which lease it was bound to",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7)), log.write(boundSet("k", 7))]);
      const actual = machine.get("k");
      assert.equal(actual?.leaseId, 7);
      const compare = log.write({ kind: "compareAndDelete", key: "k", expected: { kind: "absent" } });
      assert.deepEqual(await written(machine, compare), { kind: "compare", outcome: "conflict", revision: 1, actual });
      const set = await written(machine, log.write({ ...boundSet("k", 7), returnPrevious: true }));
      assert.deepEqual(set, { kind: "set", revision: 2, previous: actual });
      const removal = await written(machine, log.write({ kind: "delete", key: "k", returnPrevious: true }));
      assert.deepEqual(removal.kind === "delete" && removal.previous?.[0]?.leaseId, 7);
    },
  },
];

const revocationCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "revoking a lease deletes its keys and no other, at one revision; once more does nothing",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const bound = [boundSet("b", 7), boundSet("a", 7), boundSet("\u0000system", 7), boundSet("other", 8)];
      const commands = [grantOf(7), grantOf(8), ...bound, plainSet("free")];
      await applied(
        machine,
        commands.map((command) => log.write(command)),
      );
      const revoke = () => written(machine, log.write(revokeOf(7)));
      assert.deepEqual(await revoke(), { kind: "leaseRevoke", revision: 6, wasGranted: true, deletedCount: 3 });
      assert.deepEqual(scannedKeys(machine, prefix("")), ["free", "other"]);
      assert.equal(machine.get("\u0000system"), undefined);
      assert.deepEqual([machine.lease(7), keysOf(machine, 8)], [undefined, ["other"]]);
      assert.deepEqual(await revoke(), { kind: "leaseRevoke", revision: 6, wasGranted: false, deletedCount: 0 });
    },
  },
  {
    name: "revoking a lease without keys takes no revision",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(plainSet("k")), log.write(grantOf(7))]);
      const result = await written(machine, log.write(revokeOf(7)));
      assert.deepEqual(result, { kind: "leaseRevoke", revision: 1, wasGranted: true, deletedCount: 0 });
      assert.deepEqual([machine.lease(7), machine.revision], [undefined, 1]);
    },
  },
  {
    name: "as many keys are bound to one lease as one command may delete, and not one more",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await applied(machine, [log.write(grantOf(7))]);
      const keys = Array.from({ length: limits.changedKeysMax - 1 }, (_, i) => `n/${i}`);
      for (let from = 0; from < keys.length; from += limits.transactionItemsMax) {
        const sets = keys.slice(from, from + limits.transactionItemsMax).map((key) => boundSet(key, 7));
        await applied(machine, [log.write(transactionOf(...sets))]);
      }
      const two = transactionOf(boundSet("first", 7), boundSet("second", 7));
      assert.deepEqual(await resultOf(machine, log.write(two)), { kind: "refused", reason: "tooManyKeys" });
      assert.deepEqual([machine.get("first"), machine.leaseKeys(7, 0).keyCount], [undefined, keys.length]);
      await written(machine, log.write(boundSet("last", 7)));
      const refused = await resultOf(machine, log.write(boundSet("beyond", 7)));
      assert.deepEqual(refused, { kind: "refused", reason: "tooManyKeys" });
      // A key that is bound already needs no room, and one that goes leaves some.
      await written(machine, log.write(boundSet("last", 7)));
      await written(machine, log.write(transactionOf(plainSet("last"), boundSet("beyond", 7))));
      const { revision } = machine;
      assert.deepEqual(await written(machine, log.write(revokeOf(7))), {
        kind: "leaseRevoke",
        revision: revision + 1,
        wasGranted: true,
        deletedCount: limits.changedKeysMax,
      });
      assert.deepEqual(scannedKeys(machine, prefix("")), ["last"]);
    },
  },
];

export const leaseCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  ...grantCases,
  ...bindingCases,
  ...revocationCases,
];
