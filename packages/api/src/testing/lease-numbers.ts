import type { LeaseId } from "../lease.ts";
import { limits } from "../limits.ts";
import type { KeyValueStoreSubject } from "./key-value-store-subject.ts";

/** Where no log comes to in its life, and no program takes its numbers from. */
const LOWEST = 2 ** 52;

/** Long enough for every case; those that let leases end choose shorter ones. */
export const LONG_TTL_MS = 600_000;

/** Numbers in a row that no lease has, with as many free ones behind them. */
export async function freshLeaseIds({ store }: KeyValueStoreSubject, count: number): Promise<LeaseId[]> {
  // The log gives each number once, so what is made of it is fresh in every run.
  const { leaseId } = await store.write({ kind: "leaseGrant", ttlMs: LONG_TTL_MS });
  await store.write({ kind: "leaseRevoke", leaseId });
  const first = LOWEST + (leaseId % 2 ** 40) * 2 * count;
  return Array.from({ length: count }, (_, item) => Math.min(first + item, limits.leaseIdMax));
}

export async function grant({ store }: KeyValueStoreSubject, ttlMs = LONG_TTL_MS): Promise<LeaseId> {
  return (await store.write({ kind: "leaseGrant", ttlMs })).leaseId;
}

export async function revoke({ store }: KeyValueStoreSubject, ...leaseIds: readonly LeaseId[]): Promise<void> {
  for (const leaseId of leaseIds) await store.write({ kind: "leaseRevoke", leaseId });
}

/** The keys that are bound to the lease; `undefined` when there is no such lease. */
export async function boundKeys(
  { store }: KeyValueStoreSubject,
  leaseId: LeaseId | undefined,
): Promise<readonly string[] | undefined> {
  if (leaseId === undefined) return undefined;
  const { lease, keys } = await store.getLease({ leaseId, keysLimit: 100 });
  return lease === undefined ? undefined : keys;
}

/** The lease that the key is bound to. */
export async function leaseOf({ store }: KeyValueStoreSubject, key: string): Promise<LeaseId | undefined> {
  return (await store.get({ key })).entry?.leaseId;
}
