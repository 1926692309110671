import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import type { TransactionCommand } from "../transaction.ts";
import type { WriteCommand } from "../write-command.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, freshPrefix, presentKeys, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { boundKeys, freshLeaseIds, grant, leaseOf, LONG_TTL_MS, revoke } from "./lease-numbers.ts";
import { refusal } from "./refusal.ts";

const value = bytes("value");

/** Every write after which the key is bound to no lease, and whether it is still there. */
function unbindingWrites(key: string): readonly [name: string, command: WriteCommand, isKept: boolean][] {
  const range = { kind: "prefix", prefix: key } as const;
  const head = { kind: "transaction", compares: [], failure: [] } as const;
  return [
    ["set", { kind: "set", key, value }, true],
    ["setMulti", { kind: "setMulti", pairs: [{ key, value }] }, true],
    ["compareAndSwap", { kind: "compareAndSwap", key, value, expected: { kind: "value", value } }, true],
    ["set in a transaction", { ...head, success: [{ kind: "set", key, value }] }, true],
    ["delete", { kind: "delete", key }, false],
    ["deleteMulti", { kind: "deleteMulti", keys: [key] }, false],
    ["deleteRange", { kind: "deleteRange", range }, false],
    ["compareAndDelete", { kind: "compareAndDelete", key, expected: { kind: "value", value } }, false],
    ["delete in a transaction", { ...head, success: [{ kind: "delete", key }] }, false],
    ["deleteRange in a transaction", { ...head, success: [{ kind: "deleteRange", range }] }, false],
  ];
}

const grantedLeaseCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a set to a lease binds the key, and every answer says so",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "bind");
      const key = `${prefix}key`;
      const leaseId = await grant(subject);
      const { revision } = await store.write({ kind: "set", key, value, leaseId });
      const entry = { key, value, createRevision: revision, modRevision: revision, version: 1, leaseId };
      deepEqual((await store.get({ key })).entry, entry);
      deepEqual((await store.getMulti({ keys: [key] })).entries, [entry]);
      deepEqual((await store.scan({ range: { kind: "prefix", prefix } })).entries, [entry]);
      deepEqual(await boundKeys(subject, leaseId), [key]);
      const other = { kind: "compareAndDelete", key, expected: { kind: "absent" } } as const;
      deepEqual(await store.write(other), { kind: "compare", outcome: "conflict", revision, actual: entry });
      const changed = await store.write({ kind: "set", key, value, leaseId, returnPrevious: true });
      deepEqual(changed.previous, entry);
      const deleted = await store.write({ kind: "delete", key, returnPrevious: true });
      deepEqual(deleted.previous, [{ ...entry, modRevision: changed.revision, version: 2 }]);
      await revoke(subject, leaseId);
    },
  },
  {
    name: "a set to a lease that is not there is not_found and changes nothing",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "no-lease");
      const [leaseId = 0] = await freshLeaseIds(subject, 1);
      await setAll(subject, [`${prefix}old`]);
      const { revision } = await store.get({ key: prefix });
      for (const end of ["old", "new"]) {
        const error = await refusal(store.write({ kind: "set", key: prefix + end, value, leaseId }), "not_found");
        deepEqual([error.details, error.retryable], [{ outcome: "not_applied" }, false]);
      }
      const after = await store.scan({ range: { kind: "prefix", prefix } });
      deepEqual([after.count, after.entries[0]?.version, after.revision], [1, 1, revision]);
      equal((await store.getLease({ leaseId })).lease, undefined);
    },
  },
  {
    name: "whatever changes or deletes a key without a binding unbinds it",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "unbind");
      const leaseId = await grant(subject);
      const kept: string[] = [];
      for (const [name, , isKept] of unbindingWrites("")) {
        const key = prefix + name;
        await store.write({ kind: "set", key, value, leaseId });
        const command = unbindingWrites(key).find((row) => row[0] === name)?.[1];
        deepEqual(await boundKeys(subject, leaseId), [key], name);
        if (command !== undefined) await store.write(command);
        deepEqual([await boundKeys(subject, leaseId), await leaseOf(subject, key)], [[], undefined], name);
        if (isKept) kept.push(key);
      }
      const { revision } = await store.get({ key: prefix });
      const result = await store.write({ kind: "leaseRevoke", leaseId });
      deepEqual([result.deletedCount, result.revision], [0, revision]);
      deepEqual(await presentKeys(subject, kept), kept);
    },
  },
  {
    name: "a key is bound to the lease of its last set, and to that one only",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "rebind")}key`;
      const [first, second] = [await grant(subject), await grant(subject)];
      await store.write({ kind: "set", key, value, leaseId: first });
      await store.write({ kind: "set", key, value, leaseId: second });
      deepEqual([await boundKeys(subject, first), await boundKeys(subject, second)], [[], [key]]);
      await revoke(subject, first);
      equal(await leaseOf(subject, key), second);
      await revoke(subject, second);
      equal((await store.get({ key })).entry, undefined);
    },
  },
];

const ownLeaseCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a set with a time to live gives the key a lease of its own",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "own-lease");
      const keys = [`${prefix}a`, `${prefix}b`];
      for (const key of keys) await store.write({ kind: "set", key, value, ttlMs: LONG_TTL_MS });
      const leaseIds = await Promise.all(keys.map((key) => leaseOf(subject, key)));
      equal(new Set(leaseIds).size, 2);
      for (const [item, leaseId = 0] of leaseIds.entries()) {
        const { lease, keyCount } = await store.getLease({ leaseId });
        deepEqual([lease?.ttlMs, keyCount, await boundKeys(subject, leaseId)], [LONG_TTL_MS, 1, [keys[item]]]);
        const { leases } = await store.listLeases({ after: leaseId - 1, limit: 1 });
        deepEqual([leases[0]?.leaseId, leases[0]?.ttlMs], [leaseId, LONG_TTL_MS]);
        const { ttlMs, remainingMs } = await store.keepLeaseAlive(leaseId);
        ok(ttlMs === LONG_TTL_MS && remainingMs > 0 && remainingMs <= LONG_TTL_MS);
        const { deletedCount } = await store.write({ kind: "leaseRevoke", leaseId });
        equal(deletedCount, 1);
      }
      deepEqual(await presentKeys(subject, keys), []);
    },
  },
  {
    name: "a lease of a key's own ends with the key, or with the next change of the key",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "own-lease-end");
      for (const [name, , isKept] of unbindingWrites("")) {
        const key = prefix + name;
        await store.write({ kind: "set", key, value, ttlMs: LONG_TTL_MS });
        const own = await leaseOf(subject, key);
        deepEqual(await boundKeys(subject, own), [key], name);
        const command = unbindingWrites(key).find((row) => row[0] === name)?.[1];
        if (command !== undefined) await store.write(command);
        equal(await boundKeys(subject, own), undefined, name);
        const { entry } = await store.get({ key });
        deepEqual([entry !== undefined, entry?.leaseId], [isKept, undefined], name);
      }
    },
  },
  {
    name: "a key that is bound anew leaves the lease of its own behind, which ends",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "own-lease-again")}key`;
      const leaseId = await grant(subject);
      await store.write({ kind: "set", key, value, ttlMs: LONG_TTL_MS });
      const first = await leaseOf(subject, key);
      await store.write({ kind: "set", key, value, ttlMs: 2 * LONG_TTL_MS });
      const second = await leaseOf(subject, key);
      notEqual(second, first);
      equal(await boundKeys(subject, first), undefined);
      equal((await store.getLease({ leaseId: second ?? 0 })).lease?.ttlMs, 2 * LONG_TTL_MS);
      await store.write({ kind: "set", key, value, leaseId });
      deepEqual([await boundKeys(subject, second), await leaseOf(subject, key)], [undefined, leaseId]);
      await store.write({ kind: "set", key, value, ttlMs: LONG_TTL_MS });
      deepEqual(await boundKeys(subject, leaseId), [], "a lease that was granted stays without keys");
      await revoke(subject, leaseId);
      await store.write({ kind: "delete", key });
    },
  },
];

const transactionCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a transaction binds keys to leases, and sees that they are bound",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "transaction-bind");
      const [granted, own, other] = [`${prefix}granted`, `${prefix}own`, `${prefix}other`];
      const leaseId = await grant(subject);
      const { revision, results } = await store.write({
        kind: "transaction",
        compares: [],
        success: [
          { kind: "set", key: granted, value, leaseId },
          { kind: "set", key: own, value, ttlMs: LONG_TTL_MS },
          { kind: "set", key: other, value, ttlMs: LONG_TTL_MS },
          { kind: "get", key: granted },
          { kind: "get", key: own },
        ],
        failure: [],
      });
      const entry = { key: granted, value, createRevision: revision, modRevision: revision, version: 1, leaseId };
      deepEqual(results[3], { kind: "get", entry });
      const ownId = await leaseOf(subject, own);
      deepEqual(results[4], { kind: "get", entry: { ...entry, key: own, leaseId: ownId } });
      deepEqual(await boundKeys(subject, leaseId), [granted]);
      deepEqual(await boundKeys(subject, ownId), [own]);
      equal(new Set([leaseId, ownId, await leaseOf(subject, other)]).size, 3);
      await revoke(subject, leaseId);
      await store.write({ kind: "deleteMulti", keys: [own, other] });
    },
  },
  {
    name: "a transaction with a set to a lease that is not there changes nothing; in the other branch it does not matter",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "transaction-no-lease");
      const [missing = 0] = await freshLeaseIds(subject, 1);
      const keys = ["a", "b", "c/1", "c/2"].map((end) => prefix + end);
      const [a = "", b = ""] = keys;
      await setAll(subject, keys);
      await store.write({ kind: "set", key: b, value, ttlMs: LONG_TTL_MS });
      const own = await leaseOf(subject, b);
      const before = await store.scan({ range: { kind: "prefix", prefix } });
      const branch: TransactionCommand["success"] = [
        { kind: "set", key: a, value: bytes("changed"), ttlMs: LONG_TTL_MS },
        { kind: "delete", key: b },
        { kind: "deleteRange", range: { kind: "prefix", prefix: `${prefix}c/` } },
        { kind: "set", key: `${prefix}new`, value, leaseId: missing },
      ];
      const head = { kind: "transaction", compares: [] } as const;
      const error = await refusal(store.write({ ...head, success: branch, failure: [] }), "not_found");
      deepEqual([error.details, error.retryable], [{ outcome: "not_applied" }, false]);
      const after = await store.scan({ range: { kind: "prefix", prefix } });
      deepEqual([after.entries, after.revision], [before.entries, before.revision]);
      deepEqual(await boundKeys(subject, own), [b]);
      const { succeeded } = await store.write({ ...head, success: [{ kind: "delete", key: b }], failure: branch });
      deepEqual([succeeded, await presentKeys(subject, [a, b])], [true, [a]]);
    },
  },
];

export const leaseBindingCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  ...grantedLeaseCases,
  ...ownLeaseCases,
  ...transactionCases,
];
