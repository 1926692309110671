import type { AspenClient } from "@aspenjs/client";
import { afterEach, expect, test } from "vitest";
import { eventually, onceReady } from "../src/bounded-wait.ts";
import { CountingWriter, readCounter } from "../src/counting-writer.ts";
import { logLines } from "../src/node-log.ts";
import { ProcessCluster } from "../src/process-cluster.ts";

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const COMPACT_EARLY = ["--compaction-entries", "200", "--retained-entries-min", "50"];
const FILLERS = 2_000;
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
  const formed = await ProcessCluster.form(3, COMPACT_EARLY);
  cluster = formed;
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const admin = await cluster.connect({ deadlineMs: 60_000 });
  for (let start = 0; start < FILLERS; start += 100) {
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
  const hasInstalled = (): boolean => logLines(fourth).some(({ msg }) => msg === "installed snapshot");
  await eventually(READY_MS, "the learner says that it has installed a snapshot", hasInstalled);
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
  expect((await cluster.leader(admin)).nodeId).toBe(target);

  await writer.advancedBy(100);
  const report = await writer.stop();
  expect(report.errors.map((error) => `${error.code}: ${error.message}`)).toEqual([]);
  expect(await readCounter(client.store, "counter")).toBe(report.acknowledged);
  // One of the two has all that is older than its log from a snapshot.
  const [one, other] = await Promise.all(membership.voters.map((nodeId) => formed.entriesAt(nodeId)));
  expect(one).toHaveLength(FILLERS + 1);
  expect(other).toEqual(one);
}, 400_000);

test("a learner does not vote: with it and one of three voters stopped, writes are still acknowledged", async () => {
  cluster = await ProcessCluster.form(3);
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const fourth = await cluster.startNode(4);
  await client.cluster.addLearner(fourth.record, { waitForCatchUp: true });
  const leader = await cluster.leader(client);
  const follower = [1, 2, 3].find((nodeId) => nodeId !== leader.nodeId) ?? 0;
  for (const node of [fourth, cluster.node(follower)]) node.signal("SIGSTOP");
  const value = new TextEncoder().encode("1");
  await client.store.write({ kind: "set", key: "a", value });
  expect((await client.store.get({ key: "a" })).entry?.value).toEqual(value);
}, 300_000);
