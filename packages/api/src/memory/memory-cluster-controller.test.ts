import { describe, expect, test } from "vitest";
import type { ClusterController } from "../cluster-controller.ts";
import { limits } from "../limits.ts";
import type { NodeRecord } from "../membership.ts";
import { clusterControllerCases } from "../testing/cluster-controller-cases.ts";
import type { ClusterControllerSubject } from "../testing/cluster-controller-subject.ts";
import { createMemoryClusterController, type MemoryClusterOptions } from "./memory-cluster-controller.ts";

const node = (nodeId: number): NodeRecord => ({ nodeId, peerId: `peer-${nodeId}`, addresses: [`/memory/${nodeId}`] });

async function clusterOf(ids: readonly number[], options?: MemoryClusterOptions): Promise<ClusterController> {
  const controller = createMemoryClusterController(options);
  await controller.init(ids.map(node));
  return controller;
}

async function subjectOf(ids: readonly number[]): Promise<ClusterControllerSubject> {
  let nextId = 1_000;
  const newNode = (): NodeRecord => {
    nextId += 1;
    return node(nextId);
  };
  return {
    controller: await clusterOf(ids),
    newNode,
    newCluster: () => ({ controller: createMemoryClusterController(), members: [newNode(), newNode(), newNode()] }),
    pause: () => Promise.resolve(),
  };
}

describe("the acceptance suite", () => {
  test.each(clusterControllerCases)("with three voters: $name", async ({ run }) => {
    await run(await subjectOf([1, 2, 3]));
  });

  test.each(clusterControllerCases)("with a single voter: $name", async ({ run }) => {
    await run(await subjectOf([7]));
  });

  test("case after case on one cluster, in either order", async () => {
    const subject = await subjectOf([1, 2, 3]);
    for (const { run } of [...clusterControllerCases, ...[...clusterControllerCases].reverse()]) await run(subject);
  });
});

describe("catching up", () => {
  const lagging = () => clusterOf([1, 2], { lagEntries: (nodeId) => (nodeId === 9 ? 101 : 100) });

  test("a learner that is too far behind is not promoted, unless by force", async () => {
    const controller = await lagging();
    await controller.addLearner(node(9));
    await expect(controller.promoteLearner(9)).rejects.toMatchObject({
      code: "conflict",
      retryable: true,
      details: { lagEntries: 101, max: limits.promotionLagEntriesMax },
    });
    expect((await controller.currentState()).membership.learners).toEqual([9]);
    expect((await controller.promoteLearner(9, { force: true })).membership.voters).toEqual([1, 2, 9]);
  });

  test("a learner within the limit is promoted", async () => {
    const controller = await lagging();
    await controller.addLearner(node(8), { waitForCatchUp: true });
    expect((await controller.promoteLearner(8)).membership.voters).toEqual([1, 2, 8]);
  });

  test("waiting for one that never catches up ends in timeout, and the learner stays", async () => {
    const controller = await lagging();
    await expect(controller.addLearner(node(9), { waitForCatchUp: true })).rejects.toMatchObject({ code: "timeout" });
    expect((await controller.currentState()).membership.learners).toEqual([9]);
  });

  test("the lag shows in the figures and never goes below the log's beginning", async () => {
    const controller = await clusterOf([1, 2], { lagEntries: () => 1_000 });
    expect((await controller.getMetrics()).peers).toEqual([
      { nodeId: 2, matchIndex: 0, replication: "replicate", lastContactMs: 0 },
    ]);
  });
});

describe("membership", () => {
  test("a learner that is added again gets its new addresses", async () => {
    const controller = await clusterOf([1]);
    await controller.addLearner(node(2));
    const { membership } = await controller.addLearner({ ...node(2), addresses: ["/memory/elsewhere"] });
    expect(membership.learners).toEqual([2]);
    expect(membership.nodes[1]?.addresses).toEqual(["/memory/elsewhere"]);
  });

  test("a voter cannot be added as a learner", async () => {
    const controller = await clusterOf([1]);
    await expect(controller.addLearner(node(1))).rejects.toMatchObject({ code: "conflict" });
  });

  test("a learner cannot be replaced in place of a voter", async () => {
    const controller = await clusterOf([1]);
    await controller.addLearner(node(2));
    await controller.addLearner(node(3));
    await expect(controller.promoteLearner(3, { replace: 2 })).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("the number of members has a limit", async () => {
    const ids = Array.from({ length: limits.peersMax }, (_, position) => position + 1);
    const controller = await clusterOf(ids);
    await expect(controller.addLearner(node(99))).rejects.toMatchObject({
      code: "resource_exhausted",
      retryable: false,
      details: { max: limits.peersMax },
    });
    const tooMany = createMemoryClusterController().init([...ids, 99].map(node));
    await expect(tooMany).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("the caller's record stays the caller's", async () => {
    const addresses = ["/memory/2"];
    const controller = await clusterOf([1]);
    await controller.addLearner({ nodeId: 2, peerId: "peer-2", addresses });
    addresses.push("/memory/3");
    expect((await controller.currentState()).membership.nodes[1]?.addresses).toEqual(["/memory/2"]);
  });
});

describe("leadership and log", () => {
  test("the lowest voter leads first, and takes over from a leader that is removed", async () => {
    const controller = await clusterOf([3, 1, 2]);
    expect(await controller.getLeader()).toEqual({ nodeId: 1, addresses: ["/memory/1"] });
    expect(await controller.removeNode(1)).toMatchObject({ leader: 2, term: 2 });
  });

  test("a lone voter stays leader, in its term", async () => {
    const controller = await clusterOf([5]);
    expect(await controller.transferLeadership()).toBe(5);
    expect((await controller.currentState()).term).toBe(1);
  });

  test("the log grows by one entry for learners and by two for voters", async () => {
    const controller = await clusterOf([1]);
    const lastIndex = async () => (await controller.getMetrics()).lastLogId.index;
    expect(await lastIndex()).toBe(2);
    await controller.addLearner(node(2));
    expect(await lastIndex()).toBe(3);
    await controller.promoteLearner(2);
    expect(await lastIndex()).toBe(5);
    expect(await controller.triggerSnapshot()).toEqual({ term: 1, index: 5 });
  });

  test("the same calls give the same answers", async () => {
    const story = async (): Promise<unknown[]> => {
      const controller = await clusterOf([1, 2, 3], { clusterId: "story" });
      return [
        await controller.addLearner(node(4), { waitForCatchUp: true }),
        await controller.promoteLearner(4, { replace: 2 }),
        await controller.transferLeadership(4),
        await controller.changeMembership([3, 4], { retainRemovedAsLearners: true }),
        await controller.triggerSnapshot(),
        await controller.getMetrics(),
      ];
    };
    expect(await story()).toEqual(await story());
  });

  test("a caller that gave up beforehand is refused and changes nothing", async () => {
    const controller = await clusterOf([1, 2]);
    const signal = AbortSignal.abort();
    await expect(controller.removeNode(2, { signal })).rejects.toMatchObject({ code: "timeout", retryable: false });
    expect((await controller.currentState()).membership.voters).toEqual([1, 2]);
  });
});
