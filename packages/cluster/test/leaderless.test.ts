import { afterEach, expect, test, vi } from "vitest";
import { MemoryCluster } from "./memory-cluster.ts";

const cluster = new MemoryCluster();

afterEach(() => cluster.close());

test("a change that finds no leader says that it was not applied: a client may ask again", async () => {
  await cluster.form(1, 2);
  const [, gone] = cluster.records([1, 2]);
  await cluster.node(2).stop();
  const { controller } = cluster.node(1);
  await vi.waitFor(async () => expect(await controller.getLeader()).toBeUndefined(), 10_000);
  const changes = [
    () => controller.addLearner({ nodeId: 3, peerId: "peer-3", addresses: gone?.addresses ?? [] }),
    () => controller.promoteLearner(2),
    () => controller.changeMembership([1]),
    () => controller.removeNode(2),
    () => controller.transferLeadership(2),
  ];
  for (const change of changes) {
    await expect(change()).rejects.toMatchObject({ code: "unavailable", details: { outcome: "not_applied" } });
  }
}, 30_000);
