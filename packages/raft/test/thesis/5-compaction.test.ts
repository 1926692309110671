import { describe, expect, test } from "vitest";
import { ThesisCluster } from "./thesis-cluster.ts";

function compacted(retainedEntriesMin: number): ThesisCluster {
  const cluster = ThesisCluster.of(3, { retainedEntriesMin });
  cluster.elect(1);
  cluster.isolate(3);
  cluster.propose(1, "a", "b", "c", "d");
  cluster.settle();
  cluster.flush(1);
  cluster.heal();
  cluster.step(1, { kind: "peerDisconnected", nodeId: 3 });
  return cluster;
}

describe("5 log compaction", () => {
  test("what is durable in the state machine leaves the log, but for a margin (R5)", () => {
    const cluster = compacted(2);
    expect(cluster.view(1)).toMatchObject({ purged: { term: 1, index: 4 }, last: { term: 1, index: 6 } });
  });

  test("nothing leaves before the state machine says so (R5)", () => {
    const cluster = ThesisCluster.of(1, { retainedEntriesMin: 0 });
    cluster.elect(1);
    cluster.propose(1, "a", "b");
    cluster.settle();
    expect(cluster.view(1).purged.index).toBe(0);
    cluster.propose(1, "c");
    cluster.sync(1);
    // The state machine is ahead of what it has reported: that counts only when it is reported.
    cluster.step(1, { kind: "stateDurable", through: 5 });
    expect(cluster.view(1)).toMatchObject({ purged: { index: 4 }, applied: 4 });
  });

  test("a leader compacts its own term's first entry and goes on", () => {
    const cluster = compacted(0);
    expect(cluster.view(1).purged.index).toBe(6);
    cluster.propose(1, "e");
    cluster.settle();
    expect(cluster.view(1)).toMatchObject({ role: "leader", committed: 7 });
  });

  test("a follower within the margin gets entries, one behind it gets the snapshot", () => {
    for (const [margin, isSnapshot] of [
      [4, false],
      [3, true],
    ] as const) {
      const cluster = compacted(margin);
      cluster.run(11);
      expect(cluster.effectsOf(1, "sendSnapshot")).toHaveLength(isSnapshot ? 1 : 0);
      expect(cluster.matchOf(1, 3)).toBe(isSnapshot ? 2 : 6);
    }
  });

  test("while the snapshot travels no appends are sent, and the entries behind it stay (R5)", () => {
    const cluster = compacted(0);
    cluster.run(11);
    cluster.offerSnapshot(1, 3);
    cluster.propose(1, "e", "f");
    expect(cluster.flying("appendRequest", 1, 3)).toEqual([]);
    cluster.settle();
    cluster.flush(1);
    expect(cluster.view(1).purged.index).toBe(6);
    cluster.installSnapshot(1, 3);
    cluster.finishSnapshot(1, 3);
    cluster.settle();
    expect(cluster.terms(3)).toEqual([1, 1]);
    cluster.flush(1);
    expect(cluster.view(1).purged.index).toBe(8);
  });

  test("the follower takes the snapshot's state, membership and place in the log (R3, R7)", () => {
    const cluster = compacted(0);
    cluster.run(11);
    cluster.transferSnapshot(1, 3);
    expect(cluster.view(3)).toMatchObject({ applied: 6, committed: 6, purged: { term: 1, index: 6 } });
    expect(cluster.view(3).membership.membership.voters).toEqual([1, 2, 3]);
    cluster.crash(3);
    cluster.start(3);
    expect(cluster.view(3)).toMatchObject({ applied: 6, last: { term: 1, index: 6 } });
  });

  test("a log that holds the snapshot's last entry keeps what follows it (5.1, R2)", () => {
    const cluster = ThesisCluster.withLogs([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    const membership = cluster.view(2).membership;
    cluster.receive(2, 1, { kind: "heartbeatRequest", term: 2, committed: 0, round: 1 });
    cluster.step(2, { kind: "snapshotInstalled", lastIncluded: { term: 1, index: 3 }, membership });
    expect(cluster.view(2)).toMatchObject({ applied: 3, last: { term: 1, index: 4 } });
  });

  test("a log that contradicts it goes as a whole, tail and membership included (R3, R7)", () => {
    const cluster = ThesisCluster.withLogs([
      [1, 3],
      [1, 1, 1],
    ]);
    const membership = cluster.view(2).membership;
    cluster.receive(2, 1, { kind: "heartbeatRequest", term: 3, committed: 0, round: 1 });
    cluster.step(2, { kind: "snapshotInstalled", lastIncluded: { term: 3, index: 3 }, membership });
    expect(cluster.view(2)).toMatchObject({ applied: 3, last: { term: 3, index: 3 }, purged: { term: 3, index: 3 } });
  });

  test("a snapshot that is older than what is applied changes nothing (R3)", () => {
    const cluster = compacted(10);
    const before = cluster.view(2);
    const membership = before.membership;
    cluster.step(2, { kind: "snapshotInstalled", lastIncluded: { term: 0, index: 1 }, membership });
    expect(cluster.view(2)).toEqual(before);
  });
});
