import type { AspenClient } from "@aspenjs/client";
import { afterEach, expect, test } from "vitest";
import { onceReady } from "../src/bounded-wait.ts";
import { CountingWriter, readCounter } from "../src/counting-writer.ts";
import { ProcessCluster } from "../src/process-cluster.ts";

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const COMPACT_EARLY = ["--compaction-entries", "200", "--retained-entries-min", "50"];
/** What an operator would wait for a cluster to be ready for the next change. */
const READY_MS = 60_000;

/** The log shrinks behind the writes, when a flush of the state has ended: on whichever node leads by then. */
async function leaderHasPurged(of: ProcessCluster, admin: AspenClient): Promise<void> {
  const endMs = performance.now() + READY_MS;
  for (;;) {
    const client = await of.connect({ endpoint: (await of.leader(admin)).address, deadlineMs: 60_000 });
    const { role, purgedLogId } = await client.cluster.getMetrics();
    await of.disconnect(client);
    if (role === "leader" && purgedLogId.index > 0) return;
    if (performance.now() > endMs) throw new Error(`the leader has purged nothing within ${READY_MS} ms`);
  }
}

test("a learner joins by snapshot, voters and the leader leave, leadership moves: a running writer notices nothing", async () => {
  cluster = await ProcessCluster.form(3, COMPACT_EARLY);
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const admin = await cluster.connect({ deadlineMs: 60_000 });
  for (let start = 0; start < 2_000; start += 100) {
    const pairs = Array.from({ length: 100 }, (_, position) => ({
      key: `filler/${start + position}`,
      value: new Uint8Array(500).fill(position),
    }));
    await client.store.write({ kind: "setMulti", pairs });
  }
  const writer = new CountingWriter(client.store, "counter");
  await writer.start();
  await writer.advancedBy(400);
  await leaderHasPurged(cluster, admin);

  const fourth = await cluster.startNode(4, COMPACT_EARLY);
  await onceReady(READY_MS, () => admin.cluster.addLearner(fourth.record, { waitForCatchUp: true }));
  const promoted = await onceReady(READY_MS, () => admin.cluster.promoteLearner(4));
  expect(promoted.membership.voters).toEqual([1, 2, 3, 4]);

  const leader = await cluster.leader(admin);
  const follower = [1, 2, 3].find((nodeId) => nodeId !== leader.nodeId) ?? 0;
  const withoutFollower = await onceReady(READY_MS, () => admin.cluster.removeNode(follower));
  expect(withoutFollower.membership.voters).not.toContain(follower);

  const departing = await cluster.leader(admin);
  await onceReady(READY_MS, () => admin.cluster.removeNode(departing.nodeId));
  const successor = await cluster.leader(admin);
  const { membership } = await admin.cluster.currentState();
  expect(membership.voters).toHaveLength(2);
  const target = membership.voters.find((nodeId) => nodeId !== successor.nodeId);
  expect(await admin.cluster.transferLeadership(target)).toBe(target);

  await writer.advancedBy(100);
  const report = await writer.stop();
  expect(report.errors.map((error) => `${error.code}: ${error.message}`)).toEqual([]);
  expect(await readCounter(client.store, "counter")).toBe(report.acknowledged);
}, 400_000);
