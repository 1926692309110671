import { afterEach, expect, test } from "vitest";
import { CountingWriter, readCounter } from "../src/counting-writer.ts";
import { ProcessCluster } from "../src/process-cluster.ts";

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const COMPACT_EARLY = ["--compaction-entries", "200", "--retained-entries-min", "50"];

test("a learner joins by snapshot, voters and the leader leave, leadership moves: a running writer notices nothing", async () => {
  cluster = await ProcessCluster.form(3, COMPACT_EARLY);
  const client = await cluster.connect({ deadlineMs: 30_000 });
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
  while (writer.acknowledged < 400) await new Promise((resolve) => setTimeout(resolve, 50));

  const metrics = await (
    await cluster.connect({ endpoint: (await cluster.leader(admin)).address })
  ).cluster.getMetrics();
  expect(metrics.purgedLogId.index).toBeGreaterThan(0);

  const fourth = await cluster.startNode(4, COMPACT_EARLY);
  await admin.cluster.addLearner(fourth.record, { waitForCatchUp: true, deadlineMs: 60_000 });
  const promoted = await admin.cluster.promoteLearner(4);
  expect(promoted.membership.voters).toEqual([1, 2, 3, 4]);

  const leader = await cluster.leader(admin);
  const follower = [1, 2, 3].find((nodeId) => nodeId !== leader.nodeId) ?? 0;
  const withoutFollower = await admin.cluster.removeNode(follower);
  expect(withoutFollower.membership.voters).not.toContain(follower);

  await admin.cluster.removeNode((await cluster.leader(admin)).nodeId);
  const successor = await cluster.leader(admin);
  const { membership } = await admin.cluster.currentState();
  expect(membership.voters).toHaveLength(2);
  const target = membership.voters.find((nodeId) => nodeId !== successor.nodeId);
  expect(await admin.cluster.transferLeadership(target)).toBe(target);

  const before = writer.acknowledged;
  while (writer.acknowledged < before + 100) await new Promise((resolve) => setTimeout(resolve, 50));
  const report = await writer.stop();
  expect(report.errors.map((error) => `${error.code}: ${error.message}`)).toEqual([]);
  expect(await readCounter(client.store, "counter")).toBe(report.acknowledged);
}, 180_000);
