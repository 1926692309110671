import { describe, expect, test } from "vitest";
import { ShellCluster } from "./shell-cluster.ts";

describe("RaftNode", () => {
  test("three nodes agree: a write at the leader is readable on each node after a read index", async () => {
    const cluster = new ShellCluster(1);
    await cluster.form(1, 2, 3);
    const leader = await cluster.leader();
    const result = await cluster.clock.settle(cluster.set(leader, "a", "1"));
    expect(result).toMatchObject({ kind: "written", result: { kind: "set", revision: 1 } });
    for (const node of cluster.nodes.values()) {
      await cluster.clock.settle(node.raft.readIndex("quorum"));
      expect(cluster.valueAt(node, "a")).toBe("1");
    }
  });

  test("a follower refuses writes and names the leader", async () => {
    const cluster = new ShellCluster(2);
    await cluster.form(1, 2, 3);
    const leader = await cluster.leader();
    await cluster.clock.advance(500);
    const follower = [...cluster.nodes.values()].find((node) => node !== leader);
    if (follower === undefined) throw new Error("there is a follower");
    await expect(cluster.clock.settle(cluster.set(follower, "a", "1"))).rejects.toMatchObject({
      code: "not_leader",
      details: { leader: leader.nodeId },
    });
  });

  test("many writes of one turn share a log write and come back in order", async () => {
    const cluster = new ShellCluster(3);
    await cluster.form(1, 2, 3);
    const leader = await cluster.leader();
    const syncsBefore = cluster.logDisk(leader.nodeId).syncCount;
    const writes = Array.from({ length: 500 }, (_, position) => cluster.set(leader, `k${position}`, "v"));
    const results = await cluster.clock.settle(Promise.all(writes));
    expect(results.map((result) => (result.kind === "written" ? result.result.revision : -1))).toEqual(
      Array.from({ length: 500 }, (_, position) => position + 1),
    );
    expect(cluster.logDisk(leader.nodeId).syncCount - syncsBefore).toBeLessThan(5);
  });

  test("when the leader dies the others go on within a fraction of an election timeout, and nothing is lost", async () => {
    const cluster = new ShellCluster(4);
    await cluster.form(1, 2, 3);
    const leader = await cluster.leader();
    await cluster.clock.settle(cluster.set(leader, "a", "1"));
    await cluster.clock.advance(300);
    const killedAtMs = cluster.clock.nowMs();
    await cluster.kill(leader.nodeId);
    const next = await cluster.leader();
    expect(next.nodeId).not.toBe(leader.nodeId);
    expect(cluster.clock.nowMs() - killedAtMs).toBeLessThan(400);
    await cluster.clock.settle(cluster.set(next, "b", "2"));
    const restarted = await cluster.start(leader.nodeId);
    await cluster.until(() => cluster.valueAt(restarted, "b") === "2", "the restarted node catches up");
    expect(cluster.valueAt(restarted, "a")).toBe("1");
  });

  test("a learner joins a compacted log by snapshot, becomes a voter, and states are equal", async () => {
    const cluster = new ShellCluster(5, { compactionEntries: 50, retainedEntriesMin: 10 });
    await cluster.form(1, 2, 3);
    const leader = await cluster.leader();
    for (let round = 0; round < 10; round += 1) {
      await cluster.clock.settle(
        Promise.all(Array.from({ length: 30 }, (_, position) => cluster.set(leader, `k${position}`, `v${round}`))),
      );
    }
    await cluster.until(() => leader.raft.view.purged.index > 100, "the log is compacted");
    const learner = await cluster.start(4);
    const { voters, nodes } = cluster.membership([1, 2, 3]);
    await cluster.clock.settle(
      leader.raft.changeMembership({ voters, learners: [4], nodes: [...nodes, cluster.record(4)] }),
    );
    await cluster.until(() => cluster.valueAt(learner, "k29") === "v9", "the learner has the state");
    expect(learner.raft.view.purged.index).toBeGreaterThan(100);
    const membership = await cluster.clock.settle(
      leader.raft.changeMembership({ voters: [1, 2, 3, 4], learners: [], nodes: [] }),
    );
    expect(membership.voters).toEqual([1, 2, 3, 4]);
    await cluster.clock.settle(learner.raft.readIndex("quorum"));
    const applied = leader.machine.appliedState.lastApplied.index;
    await cluster.until(() => learner.machine.appliedState.lastApplied.index === applied, "the learner follows");
    expect(await learner.machine.checksum()).toBe(await leader.machine.checksum());
  });

  test("leadership moves on request, and a removed leader hands over", async () => {
    const cluster = new ShellCluster(6);
    await cluster.form(1, 2, 3);
    const first = await cluster.leader();
    const target = [1, 2, 3].find((nodeId) => nodeId !== first.nodeId);
    expect(await cluster.clock.settle(first.raft.transferLeadership(target))).toBe(target);
    const second = await cluster.leader();
    expect(second.nodeId).toBe(target);
    const others = [1, 2, 3].filter((nodeId) => nodeId !== second.nodeId);
    await cluster.clock.settle(second.raft.changeMembership({ voters: others, learners: [], nodes: [] }));
    await cluster.until(() => second.raft.view.role === "follower", "the removed leader steps down");
    const third = await cluster.leader();
    expect(others).toContain(third.nodeId);
    await cluster.clock.settle(cluster.set(third, "x", "y"));
  });

  test("a log that cannot be written stops the node, and its callers hear so", async () => {
    const cluster = new ShellCluster(7);
    await cluster.form(1, 2, 3);
    const leader = await cluster.leader();
    cluster.logDisk(leader.nodeId).failNextSync("disk_full");
    const write = cluster.set(leader, "a", "1");
    await expect(cluster.clock.settle(write)).rejects.toMatchObject({ code: "shutting_down" });
    expect(leader.failures).toMatchObject([{ kind: "storage", fault: { code: "disk_full" } }]);
    await expect(leader.raft.readIndex("quorum")).rejects.toMatchObject({ code: "shutting_down" });
  });

  test("without a quorum reads and writes are not answered, and the leader steps down", async () => {
    const cluster = new ShellCluster(8);
    await cluster.form(1, 2, 3);
    const leader = await cluster.leader();
    for (const nodeId of [1, 2, 3]) if (nodeId !== leader.nodeId) await cluster.kill(nodeId);
    const [write, read] = await cluster.clock.settle(
      Promise.allSettled([cluster.set(leader, "a", "1"), leader.raft.readIndex("quorum")]),
    );
    expect(write).toMatchObject({ reason: { code: "unavailable", details: { outcome: "unknown" } } });
    expect(read).toMatchObject({ reason: { code: "unavailable" } });
    expect(leader.raft.view.role).not.toBe("leader");
  });

  test("a write is acknowledged once the disks of a quorum have it, and not before (S2, S3)", async () => {
    const cluster = new ShellCluster(9);
    await cluster.form(1, 2, 3);
    const leader = await cluster.leader();
    const follower = [1, 2, 3].find((nodeId) => nodeId !== leader.nodeId) ?? 0;
    for (const nodeId of [1, 2, 3]) cluster.logDisk(nodeId).setSync("manual");
    let isAcknowledged = false;
    const write = cluster.set(leader, "a", "1").then(() => {
      isAcknowledged = true;
    });
    await cluster.clock.advance(200);
    expect([isAcknowledged, cluster.logDisk(leader.nodeId).completeSync()]).toEqual([false, true]);
    await cluster.clock.advance(200);
    expect([isAcknowledged, cluster.logDisk(follower).completeSync()]).toEqual([false, true]);
    await cluster.clock.settle(write);
  });
});
