import { describe, expect, test } from "vitest";
import { ThesisCluster } from "./thesis-cluster.ts";

describe("3.7 crashes of followers and candidates", () => {
  test("requests are repeated to a follower that is down, and it catches up when it is back", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.crash(3);
    cluster.propose(1, "a", "b");
    cluster.settle();
    expect(cluster.view(1).committed).toBe(4);
    cluster.start(3);
    cluster.run(100);
    expect(cluster.view(3)).toMatchObject({ committed: 4, applied: 4 });
  });

  test("a request that comes twice has one effect (R2)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    const copies = cluster.flight.filter(({ to }) => to === 2);
    cluster.pass("appendRequest", 1, 2);
    cluster.sync(2);
    cluster.launchAgain(copies);
    cluster.pass("appendRequest", 1, 2);
    expect(cluster.terms(2)).toEqual([0, 1, 1]);
    expect(cluster.node(2).disk.writesUnderWay).toBe(0);
    expect(cluster.flying("appendResponse", 2, 1)).toHaveLength(2);
  });

  test("a candidate that crashes is simply gone: another one wins a later term (R1)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.step(1, { kind: "campaign" });
    cluster.pass("preVoteRequest");
    cluster.pass("preVoteResponse");
    cluster.sync(1);
    cluster.pass("voteRequest", 1, 2);
    cluster.sync(2);
    cluster.crash(1);
    cluster.drop();
    cluster.run(160, [2, 3]);
    const leaders = [2, 3].filter((nodeId) => cluster.view(nodeId).role === "leader");
    expect(leaders).toHaveLength(1);
    expect(cluster.view(2).hardState.term).toBeGreaterThan(1);
  });

  test("a crashed leader is replaced, and what it had committed stays (R3)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.crash(1);
    cluster.run(160, [2, 3]);
    const leader = [2, 3].find((nodeId) => cluster.view(nodeId).role === "leader") ?? 0;
    expect(cluster.view(leader).committed).toBeGreaterThanOrEqual(3);
    cluster.start(1);
    cluster.run(100);
    expect(cluster.terms(1)).toEqual(cluster.terms(leader));
  });
});

describe("3.8 persisted state and restarts", () => {
  test("term, vote and log are what a node starts with; role, leader and progress are not (R1)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    const before = cluster.view(1);
    cluster.crash(1);
    cluster.start(1);
    const after = cluster.view(1);
    expect(after).toMatchObject({ role: "follower", leader: undefined, leading: undefined, last: before.last });
    expect(after.hardState).toEqual(before.hardState);
  });

  test("a crash takes what was not synced, and nobody had been told of it (R10)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.pass("appendRequest", 1, 2);
    expect(cluster.view(2).last.index).toBe(3);
    cluster.crash(2);
    cluster.start(2);
    expect(cluster.view(2).last.index).toBe(2);
    expect(cluster.matchOf(1, 2)).toBe(2);
  });

  test("a commit index that was not written is learned again; one that was is where applying goes on (R3, R5)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.propose(1, "b");
    cluster.settle();
    expect(cluster.view(2)).toMatchObject({ committed: 3, applied: 3 });
    cluster.crash(2, "unflushed");
    cluster.start(2);
    // The write of "b" carried the news that "a" is committed; the state machine had flushed nothing.
    expect(cluster.view(2)).toMatchObject({ committed: 3, applied: 1 });
    cluster.run(12);
    expect(cluster.view(2)).toMatchObject({ committed: 4, applied: 4 });
  });

  test("all nodes restart at once and go on with everything that was committed (R3)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(1, "a", "b", "c");
    cluster.settle();
    for (const nodeId of [1, 2, 3]) cluster.crash(nodeId, "unflushed");
    cluster.drop();
    for (const nodeId of [1, 2, 3]) cluster.start(nodeId);
    cluster.run(100);
    for (const nodeId of [1, 2, 3]) expect(cluster.view(nodeId).applied).toBeGreaterThanOrEqual(5);
  });

  test("a log behind its state machine, or against it, yields to it at start (S6)", () => {
    const cluster = ThesisCluster.withLogs([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    cluster.crash(1);
    cluster.node(1).disk.installSnapshot({
      lastIncluded: { term: 1, index: 4 },
      membership: cluster.view(2).membership,
    });
    cluster.start(1);
    expect(cluster.view(1)).toMatchObject({ last: { term: 1, index: 4 }, purged: { term: 1, index: 4 }, applied: 4 });
  });
});
