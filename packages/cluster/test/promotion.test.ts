import { afterEach, expect, test, vi } from "vitest";
import { MemoryCluster } from "./memory-cluster.ts";

const cluster = new MemoryCluster();

afterEach(() => cluster.close());

test("a node that joins becomes a learner, catches up, and votes by itself when its cluster promotes learners", async () => {
  await cluster.startNode(1, { config: { isPromotingLearners: true } });
  await cluster.node(1).controller.init(cluster.records([1]));
  const client = await cluster.connect();
  for (let count = 0; count < 200; count += 1) {
    await client.store.write({ kind: "set", key: `k${count}`, value: new Uint8Array(10) });
  }
  const joiner = await cluster.startNode(2);
  await joiner.join(cluster.node(1).addresses);
  const endMs = performance.now() + 10_000;
  let voters: readonly number[] = [];
  while (voters.length < 2 && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    voters = (await client.cluster.currentState()).membership.voters;
  }
  expect(voters).toEqual([1, 2]);
  // The members show the change before the call that asked for it returns, and the line comes after that.
  await vi.waitFor(() => {
    expect(cluster.lines).toContainEqual(expect.objectContaining({ message: "a learner caught up and votes now" }));
  }, 5_000);
}, 30_000);
