import { deepEqual, equal } from "node:assert/strict";
import type { LeaseBinding } from "../lease.ts";
import { limits } from "../limits.ts";
import type { WriteCommand } from "../write-command.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, freshPrefix, type KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { leaseOf, LONG_TTL_MS } from "./lease-numbers.ts";
import { refusal } from "./refusal.ts";

const { leaseTtlMsMin: min, leaseTtlMsMax: max } = limits;
const NEVER_LEASE_IDS = [0, -1, 1.5, Number.NaN, limits.leaseIdMax + 1, Number.POSITIVE_INFINITY];
const NEVER_TTLS = [0, -1, min - 1, min + 0.5, Number.NaN, max + 1, Number.POSITIVE_INFINITY];
const NEVER_LIMITS = [-1, 1.5, Number.NaN, limits.scanLimitMax + 1, Number.POSITIVE_INFINITY];

/** Every write that can bind a key. */
function bindingWrites(key: string, binding: LeaseBinding): WriteCommand[] {
  const set = { kind: "set", key, value: bytes("value"), ...binding } as const;
  const head = { kind: "transaction", compares: [] } as const;
  return [set, { ...head, success: [set], failure: [] }, { ...head, success: [], failure: [set] }];
}

export const leaseGateCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a lease has a number from 1 to 2^53 - 1; anything else is an invalid_request",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "lease-number")}key`;
      for (const leaseId of NEVER_LEASE_IDS) {
        await refusal(store.write({ kind: "leaseGrant", leaseId, ttlMs: LONG_TTL_MS }), "invalid_request");
        await refusal(store.write({ kind: "leaseRevoke", leaseId }), "invalid_request");
        await refusal(store.keepLeaseAlive(leaseId), "invalid_request");
        await refusal(store.getLease({ leaseId }), "invalid_request");
        for (const command of bindingWrites(key, { leaseId })) await refusal(store.write(command), "invalid_request");
      }
      equal((await store.get({ key })).entry, undefined);
    },
  },
  {
    name: "a time to live is a whole number of milliseconds from 100 to ten years; another one is refused, not clamped",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "lease-ttl")}key`;
      for (const ttlMs of NEVER_TTLS) {
        const error = await refusal(store.write({ kind: "leaseGrant", ttlMs }), "invalid_request");
        deepEqual(error.details, { min, max });
        for (const command of bindingWrites(key, { ttlMs })) await refusal(store.write(command), "invalid_request");
      }
      const granted = await store.write({ kind: "leaseGrant", ttlMs: min });
      equal(granted.ttlMs, min);
      await store.write({ kind: "leaseRevoke", leaseId: granted.leaseId });
      await store.write({ kind: "set", key, value: bytes("value"), ttlMs: max });
      const leaseId = (await leaseOf(subject, key)) ?? 0;
      equal((await store.getLease({ leaseId })).lease?.ttlMs, max);
      await store.write({ kind: "delete", key });
    },
  },
  {
    name: "a key is bound to a lease or has a time to live of its own; both are an invalid_request",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "lease-both")}key`;
      const { leaseId } = await store.write({ kind: "leaseGrant", ttlMs: LONG_TTL_MS });
      for (const command of bindingWrites(key, { leaseId, ttlMs: LONG_TTL_MS })) {
        await refusal(store.write(command), "invalid_request");
      }
      equal((await store.get({ key })).entry, undefined);
      await store.write({ kind: "leaseRevoke", leaseId });
    },
  },
  {
    name: "leases and their keys are listed up to 10,000, behind an integer from 0 on; another one is refused",
    async run({ store }) {
      for (const limit of NEVER_LIMITS) {
        await refusal(store.listLeases({ limit }), "invalid_request");
        await refusal(store.getLease({ leaseId: 1, keysLimit: limit }), "invalid_request");
      }
      for (const after of [-1, 1.5, Number.NaN, limits.leaseIdMax + 1, Number.POSITIVE_INFINITY]) {
        await refusal(store.listLeases({ after }), "invalid_request");
      }
      await store.listLeases({ after: 0, limit: limits.scanLimitMax });
      await store.getLease({ leaseId: 1, keysLimit: limits.scanLimitMax });
    },
  },
];
