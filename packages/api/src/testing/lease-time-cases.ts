import { deepEqual, equal, fail, ok } from "node:assert/strict";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, freshPrefix, presentKeys, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { boundKeys, grant, leaseOf, LONG_TTL_MS, revoke } from "./lease-numbers.ts";
import { refusal } from "./refusal.ts";

const SHORT_TTL_MS = 200;
const PATIENCE_MS = 4_000;
const STEP_MS = 50;
const value = bytes("value");

/** A real store ends a lease some time after it was due: as soon as its leader has said so. */
async function eventually(subject: KeyValueStoreSubject, what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += STEP_MS) {
    if (await holds()) return;
    await subject.pass(STEP_MS);
  }
  fail(`not within ${PATIENCE_MS} ms: ${what}`);
}

async function remainingMs({ store }: KeyValueStoreSubject, leaseId: number): Promise<number> {
  return (await store.getLease({ leaseId })).lease?.remainingMs ?? 0;
}

const endCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a lease that nobody keeps alive ends, and its keys are deleted at one revision",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "lease-ends");
      const keys = ["a", "b", "free"].map((end) => prefix + end);
      const [a = "", b = "", free = ""] = keys;
      await setAll(subject, [free]);
      // Long enough for a slow machine to bind the keys meanwhile.
      const leaseId = await grant(subject, 5 * SHORT_TTL_MS);
      const { revision } = await store.write({
        kind: "transaction",
        compares: [],
        success: [
          { kind: "set", key: a, value, leaseId },
          { kind: "set", key: b, value, leaseId },
        ],
        failure: [],
      });
      await eventually(subject, "the key is gone", async () => (await store.get({ key: a })).entry === undefined);
      deepEqual(await presentKeys(subject, keys), [free]);
      equal((await store.get({ key: free })).revision, revision + 1);
      equal((await store.getLease({ leaseId })).lease, undefined);
      await refusal(store.keepLeaseAlive(leaseId), "not_found");
      await refusal(store.write({ kind: "set", key: a, value, leaseId }), "not_found");
      const late = await store.write({ kind: "leaseRevoke", leaseId });
      deepEqual(late, { kind: "leaseRevoke", revision: revision + 1, wasGranted: false, deletedCount: 0 });
    },
  },
  {
    name: "a lease without keys ends without a revision",
    async run(subject) {
      const { store } = subject;
      const leaseId = await grant(subject, SHORT_TTL_MS);
      const { revision } = await store.get({ key: "acceptance/revision" });
      const isGone = async (): Promise<boolean> => (await store.getLease({ leaseId })).lease === undefined;
      await eventually(subject, "the lease is gone", isGone);
      equal((await store.get({ key: "acceptance/revision" })).revision, revision);
    },
  },
  {
    name: "a key with a time to live of its own is gone after it, however it was set, and its lease with it",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "own-lease-ends");
      const keys = [`${prefix}plain`, `${prefix}transaction`];
      const [plain = "", inTransaction = ""] = keys;
      await store.write({ kind: "set", key: plain, value, ttlMs: SHORT_TTL_MS });
      const leaseId = await leaseOf(subject, plain);
      const success = [{ kind: "set", key: inTransaction, value, ttlMs: SHORT_TTL_MS } as const];
      const { revision } = await store.write({ kind: "transaction", compares: [], success, failure: [] });
      await eventually(subject, "both keys are gone", async () => (await presentKeys(subject, keys)).length === 0);
      ok((await store.get({ key: plain })).revision <= revision + 2, "one revision for each of two leases");
      equal(await boundKeys(subject, leaseId), undefined);
      await store.write({ kind: "set", key: plain, value });
      equal((await store.get({ key: plain })).entry?.version, 1);
    },
  },
  {
    name: "a lease does not end before its time",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "lease-lives");
      const keys = [`${prefix}granted`, `${prefix}own`];
      const [granted = "", own = ""] = keys;
      const leaseId = await grant(subject, LONG_TTL_MS);
      await store.write({ kind: "set", key: granted, value, leaseId });
      await store.write({ kind: "set", key: own, value, ttlMs: LONG_TTL_MS });
      for (let round = 0; round < 5; round += 1) {
        await subject.pass(200);
        deepEqual(await presentKeys(subject, keys), keys);
      }
      await revoke(subject, leaseId);
      await store.write({ kind: "delete", key: own });
    },
  },
  {
    name: "a key that was set again or anew does not end with the lease that it had",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "outlives");
      const keys = ["again", "anew", "longer", "unbound"].map((end) => prefix + end);
      const [again = "", anew = "", longer = "", unbound = ""] = keys;
      // Granted last and left first, so that a slow machine has the more time to change the keys.
      const ttlMs = 5 * SHORT_TTL_MS;
      const leaseId = await grant(subject, ttlMs);
      await store.write({ kind: "set", key: unbound, value, leaseId });
      for (const key of [again, anew, longer]) await store.write({ kind: "set", key, value, ttlMs });
      await store.write({ kind: "delete", key: anew });
      await setAll(subject, [again, anew, unbound]);
      await store.write({ kind: "set", key: longer, value, ttlMs: LONG_TTL_MS });
      const isGone = async (): Promise<boolean> => (await store.getLease({ leaseId })).lease === undefined;
      await eventually(subject, "the lease that was left is gone", isGone);
      await subject.pass(ttlMs);
      deepEqual(await presentKeys(subject, keys), keys);
      await store.write({ kind: "deleteMulti", keys });
    },
  },
];

const keepAliveCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a lease that is kept alive outlives its time to live many times over, and so do its keys",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "kept-alive");
      const ttlMs = 1_000;
      const keys = [`${prefix}granted`, `${prefix}own`];
      const [granted = "", own = ""] = keys;
      const leaseId = await grant(subject, ttlMs);
      await store.write({ kind: "set", key: granted, value, leaseId });
      await store.write({ kind: "set", key: own, value, ttlMs });
      const ownId = (await leaseOf(subject, own)) ?? 0;
      for (let round = 0; round < 14; round += 1) {
        await subject.pass(ttlMs / 4);
        const statuses = await Promise.all([store.keepLeaseAlive(leaseId), store.keepLeaseAlive(ownId)]);
        deepEqual(
          statuses.map((status) => [status.leaseId, status.ttlMs]),
          [
            [leaseId, ttlMs],
            [ownId, ttlMs],
          ],
        );
        ok(statuses.every((status) => status.remainingMs >= 0 && status.remainingMs <= ttlMs));
      }
      deepEqual(await presentKeys(subject, keys), keys);
      await revoke(subject, leaseId, ownId);
    },
  },
  {
    name: "keeping a lease alive takes no revision and leaves its keys as they are",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "kept-quiet")}key`;
      const leaseId = await grant(subject);
      await store.write({ kind: "set", key, value, leaseId });
      const before = await store.get({ key });
      await store.keepLeaseAlive(leaseId);
      const after = await store.get({ key });
      deepEqual([after.entry, after.revision], [before.entry, before.revision]);
      deepEqual(await boundKeys(subject, leaseId), [key]);
      await revoke(subject, leaseId);
    },
  },
  {
    name: "the remaining time of a lease runs down, and a keep-alive gives it the whole again",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "remaining")}key`;
      const leaseId = await grant(subject, LONG_TTL_MS);
      const first = await remainingMs(subject, leaseId);
      ok(first > 0 && first <= LONG_TTL_MS);
      await subject.pass(1_000);
      // A write moves the time of the log on, which is what the remaining time is measured by.
      await store.write({ kind: "set", key, value, leaseId });
      const second = await remainingMs(subject, leaseId);
      ok(second < first, `${second} ms remain of ${first}`);
      const kept = await store.keepLeaseAlive(leaseId);
      deepEqual([kept.leaseId, kept.ttlMs], [leaseId, LONG_TTL_MS]);
      ok(kept.remainingMs > second && kept.remainingMs <= LONG_TTL_MS, `${kept.remainingMs} ms after the keep-alive`);
      const third = await remainingMs(subject, leaseId);
      ok(third > second && third <= LONG_TTL_MS, `${third} ms remain after the keep-alive, ${second} did before`);
      await revoke(subject, leaseId);
    },
  },
];

export const leaseTimeCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [...endCases, ...keepAliveCases];
