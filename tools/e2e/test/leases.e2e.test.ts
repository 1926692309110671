import { setTimeout as sleep } from "node:timers/promises";
import type { KeyValueStore, LeaseId } from "@aspenjs/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ProcessCluster } from "../src/process-cluster.ts";

const ROUNDS = 3;
const TTL_MS = 3_000;
/** So long before the lease would end the leader dies. */
const LAST_MOMENT_MS = 300;
const KEEP_ALIVES = 4;
/** From the deadline on: an election, a whole time more, and what a busy machine takes. */
const END_MS_MAX = TTL_MS + 20_000;
const POLL_MS = 50;
const LOCK = "lock";

let cluster: ProcessCluster;

beforeAll(async () => {
  cluster = await ProcessCluster.form(3);
}, 180_000);

afterAll(async () => {
  await cluster.close();
}, 60_000);

/** Whether the lock was free and is the caller's now. */
async function acquire(store: KeyValueStore, owner: string, leaseId: LeaseId): Promise<boolean> {
  const { succeeded } = await store.write({
    kind: "transaction",
    compares: [{ target: "version", key: LOCK, operator: "=", number: 0 }],
    success: [{ kind: "set", key: LOCK, value: new TextEncoder().encode(owner), leaseId }],
    failure: [],
  });
  return succeeded;
}

test("a lease outlives its leader by its whole time, then ends, and its lock never has two owners", async () => {
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const { store } = client;
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { leaseId } = await store.write({ kind: "leaseGrant", ttlMs: TTL_MS });
    expect(await acquire(store, `owner ${round}`, leaseId)).toBe(true);
    let keptMs = 0;
    for (let count = 0; count < KEEP_ALIVES; count += 1) {
      await sleep(TTL_MS / 4);
      const { remainingMs } = await store.keepLeaseAlive(leaseId);
      keptMs = performance.now();
      expect(remainingMs).toBeGreaterThan(TTL_MS / 2);
    }
    await sleep(TTL_MS - LAST_MOMENT_MS);
    const leader = await cluster.leader(client);
    await leader.kill();

    const rival = await store.write({ kind: "leaseGrant", ttlMs: 10 * TTL_MS });
    while (!(await acquire(store, `rival ${round}`, rival.leaseId))) {
      expect(performance.now() - keptMs, "the lease ends in the end").toBeLessThan(TTL_MS + END_MS_MAX);
      await sleep(POLL_MS);
    }
    expect(performance.now() - keptMs, "a whole time since the keep-alive was answered").toBeGreaterThan(TTL_MS);
    await expect(store.keepLeaseAlive(leaseId)).rejects.toMatchObject({ code: "not_found" });
    await leader.start();
    const revoked = await store.write({ kind: "leaseRevoke", leaseId: rival.leaseId });
    expect([revoked.wasGranted, revoked.deletedCount]).toEqual([true, 1]);
  }
  await store.write({ kind: "set", key: "end", value: new Uint8Array(1) });
  const replicas = await Promise.all([1, 2, 3].map((nodeId) => cluster.entriesAt(nodeId)));
  expect(replicas[0]?.map(({ key }) => key)).toEqual(["end"]);
  for (const replica of replicas) expect(replica).toEqual(replicas[0]);
}, 300_000);

test("keep-alives of many leases share entries of the log", async () => {
  const { store, cluster: controller } = await cluster.connect({ deadlineMs: 60_000 });
  const leaseIds = await Promise.all(
    Array.from({ length: 1_000 }, async () => (await store.write({ kind: "leaseGrant", ttlMs: 60_000 })).leaseId),
  );
  const before = (await controller.getMetrics()).lastLogId.index;
  const kept = await Promise.all(leaseIds.map((leaseId) => store.keepLeaseAlive(leaseId)));
  const entryCount = (await controller.getMetrics()).lastLogId.index - before;
  expect(kept.every(({ remainingMs }) => remainingMs > 55_000)).toBe(true);
  expect(entryCount).toBeLessThan(leaseIds.length / 10);
  await Promise.all(leaseIds.map((leaseId) => store.write({ kind: "leaseRevoke", leaseId })));
  expect((await store.listLeases()).leases).toEqual([]);
}, 120_000);
