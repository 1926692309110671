import { deepEqual, equal, ok } from "node:assert/strict";
import { limits } from "../limits.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, freshPrefix, presentKeys, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { boundKeys, freshLeaseIds, grant, LONG_TTL_MS, revoke } from "./lease-numbers.ts";
import { refusal } from "./refusal.ts";

const RIVALS = 8;

async function bind({ store }: KeyValueStoreSubject, leaseId: number, keys: readonly string[]): Promise<void> {
  const success = keys.map((key) => ({ kind: "set", key, value: bytes("bound"), leaseId }) as const);
  await store.write({ kind: "transaction", compares: [], success, failure: [] });
}

const grantCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a lease has the number and the time that its grant names, and takes no revision",
    async run(subject) {
      const { store } = subject;
      const [first = 0] = await freshLeaseIds(subject, 1);
      const { revision } = await store.get({ key: "acceptance/revision" });
      for (const [leaseId, ttlMs] of [
        [first, limits.leaseTtlMsMax],
        [limits.leaseIdMax, LONG_TTL_MS],
      ] as const) {
        const result = await store.write({ kind: "leaseGrant", leaseId, ttlMs });
        deepEqual(result, { kind: "leaseGrant", revision, leaseId, ttlMs });
        const { lease, keyCount, keys, consistency } = await store.getLease({ leaseId, keysLimit: 1 });
        deepEqual([lease?.leaseId, lease?.ttlMs, keyCount, keys, consistency], [leaseId, ttlMs, 0, [], "linearizable"]);
        ok(lease !== undefined && lease.remainingMs > 0 && lease.remainingMs <= ttlMs);
        await revoke(subject, leaseId);
      }
    },
  },
  {
    name: "a lease without a number takes one that no other lease has",
    async run(subject) {
      const leaseIds = await Promise.all(Array.from({ length: RIVALS }, () => grant(subject)));
      equal(new Set(leaseIds).size, RIVALS);
      for (const leaseId of leaseIds) {
        ok(Number.isSafeInteger(leaseId) && leaseId >= 1, `${leaseId} is a number of a lease`);
        deepEqual(await boundKeys(subject, leaseId), []);
      }
      await revoke(subject, ...leaseIds);
    },
  },
  {
    name: "a number that is taken is a conflict and changes nothing; it is free when its lease has ended",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "lease-taken")}key`;
      const [leaseId = 0] = await freshLeaseIds(subject, 1);
      await store.write({ kind: "leaseGrant", leaseId, ttlMs: LONG_TTL_MS });
      await bind(subject, leaseId, [key]);
      const again = { kind: "leaseGrant", leaseId, ttlMs: 2 * LONG_TTL_MS } as const;
      const error = await refusal(store.write(again), "conflict");
      deepEqual([error.details, error.retryable], [{ outcome: "not_applied" }, false]);
      equal((await store.getLease({ leaseId })).lease?.ttlMs, LONG_TTL_MS);
      deepEqual(await boundKeys(subject, leaseId), [key]);
      await revoke(subject, leaseId);
      equal((await store.write(again)).leaseId, leaseId);
      deepEqual(await boundKeys(subject, leaseId), []);
      await revoke(subject, leaseId);
    },
  },
];

const revokeCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "revoking a lease deletes the keys that are bound to it and no other, at one revision",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "revoke");
      const [a = "", b = "", other = "", free = ""] = ["a", "b", "other", "free"].map((end) => prefix + end);
      const [leaseId, otherId] = [await grant(subject), await grant(subject)];
      await bind(subject, leaseId, [b, a]);
      await bind(subject, otherId, [other]);
      await setAll(subject, [free]);
      const { revision } = await store.get({ key: a });
      const result = await store.write({ kind: "leaseRevoke", leaseId });
      deepEqual(result, { kind: "leaseRevoke", revision: revision + 1, wasGranted: true, deletedCount: 2 });
      deepEqual(await presentKeys(subject, [a, b, other, free]), [other, free]);
      const gone = await store.getLease({ leaseId, keysLimit: 10 });
      deepEqual([gone.lease, gone.keyCount, gone.keys, gone.revision], [undefined, 0, [], revision + 1]);
      const again = await store.write({ kind: "leaseRevoke", leaseId });
      deepEqual(again, { kind: "leaseRevoke", revision: revision + 1, wasGranted: false, deletedCount: 0 });
      await refusal(store.keepLeaseAlive(leaseId), "not_found");
      await revoke(subject, otherId);
    },
  },
  {
    name: "revoking a lease without keys takes no revision",
    async run(subject) {
      const { store } = subject;
      const { revision } = await store.get({ key: "acceptance/revision" });
      const leaseId = await grant(subject);
      const result = await store.write({ kind: "leaseRevoke", leaseId });
      deepEqual(result, { kind: "leaseRevoke", revision, wasGranted: true, deletedCount: 0 });
    },
  },
];

const readCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a lease that was never granted is not there",
    async run(subject) {
      const { store } = subject;
      const [leaseId = 0] = await freshLeaseIds(subject, 1);
      const { lease, keyCount, keys } = await store.getLease({ leaseId, keysLimit: 10 });
      deepEqual([lease, keyCount, keys], [undefined, 0, []]);
      const error = await refusal(store.keepLeaseAlive(leaseId), "not_found");
      deepEqual([error.details, error.retryable], [{ outcome: "not_applied" }, false]);
    },
  },
  {
    name: "getLease counts all keys of a lease and names the first of them, in key order, when it is asked to",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "lease-keys");
      const keys = ["a", "aa", "b", "\uFFFF", "\u{1F332}"].map((end) => prefix + end);
      const leaseId = await grant(subject);
      await bind(subject, leaseId, keys.slice(2).reverse());
      await bind(subject, leaseId, keys.slice(0, 2));
      for (const keysLimit of [0, 1, 4, 5, limits.scanLimitMax]) {
        const result = await store.getLease({ leaseId, keysLimit });
        deepEqual([result.keyCount, result.keys], [keys.length, keys.slice(0, keysLimit)]);
      }
      const { keyCount, keys: unasked } = await store.getLease({ leaseId });
      deepEqual([keyCount, unasked], [keys.length, []]);
      await revoke(subject, leaseId);
    },
  },
  {
    name: "leases are listed in the order of their numbers, behind a number, up to a limit",
    async run(subject) {
      const { store } = subject;
      const leaseIds = await freshLeaseIds(subject, 4);
      const [first = 0, second = 0, third = 0, last = 0] = leaseIds;
      for (const leaseId of [third, first, last]) {
        await store.write({ kind: "leaseGrant", leaseId, ttlMs: leaseId === last ? 2 * LONG_TTL_MS : LONG_TTL_MS });
      }
      const listed = async (after: number, limit?: number): Promise<[leaseIds: number[], isTruncated: boolean]> => {
        const page = await store.listLeases(limit === undefined ? { after } : { after, limit });
        equal(page.consistency, "linearizable");
        ok(page.leases.every(({ remainingMs, ttlMs }) => remainingMs > 0 && remainingMs <= ttlMs));
        return [page.leases.map((lease) => lease.leaseId), page.isTruncated];
      };
      deepEqual(await listed(first - 1), [[first, third, last], false]);
      deepEqual(await listed(first - 1, 2), [[first, third], true]);
      deepEqual(await listed(first - 1, 3), [[first, third, last], false]);
      deepEqual(await listed(first, 1), [[third], true]);
      deepEqual(await listed(second, 2), [[third, last], false]);
      deepEqual(await listed(last), [[], false]);
      deepEqual(await listed(limits.leaseIdMax), [[], false]);
      const page = await store.listLeases({ after: first });
      deepEqual(
        page.leases.map((lease) => lease.ttlMs),
        [LONG_TTL_MS, 2 * LONG_TTL_MS],
      );
      await revoke(subject, third);
      deepEqual(await listed(first - 1), [[first, last], false]);
      await revoke(subject, first, last);
      ok((await store.listLeases()).leases.every((lease) => !leaseIds.includes(lease.leaseId)));
    },
  },
  {
    name: "a list of leases without a limit holds at most 1,000",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "many-leases");
      const keys = Array.from({ length: limits.scanLimitDefault + 1 }, (_, item) => `${prefix}${item}`);
      const sets = keys.map((key) => ({ kind: "set", key, value: bytes("v"), ttlMs: LONG_TTL_MS }) as const);
      for (const success of [sets.slice(0, 500), sets.slice(500)]) {
        await store.write({ kind: "transaction", compares: [], success, failure: [] });
      }
      const { entries } = await store.scan({ range: { kind: "prefix", prefix }, limit: keys.length });
      const numbers = entries.map((entry) => entry.leaseId ?? 0).toSorted((left, right) => left - right);
      equal(new Set(numbers).size, keys.length);
      const page = await store.listLeases({ after: (numbers[0] ?? 0) - 1 });
      deepEqual([page.leases.length, page.isTruncated], [limits.scanLimitDefault, true]);
      const larger = await store.listLeases({ after: (numbers[0] ?? 0) - 1, limit: limits.scanLimitMax });
      const listed = new Set(larger.leases.map((lease) => lease.leaseId));
      ok(numbers.every((number) => listed.has(number)));
      await store.write({ kind: "deleteRange", range: { kind: "prefix", prefix } });
    },
  },
];

export const leaseCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  ...grantCases,
  ...revokeCases,
  ...readCases,
];
