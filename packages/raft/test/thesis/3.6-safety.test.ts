import { describe, expect, test } from "vitest";
import { ThesisCluster } from "./thesis-cluster.ts";

describe("3.6.1 a voter grants its vote to a log at least as good as its own (R1, R3)", () => {
  // The voter's last entry is 3 of term 2.
  test.each([
    { last: { term: 2, index: 3 }, isGranted: true },
    { last: { term: 2, index: 4 }, isGranted: true },
    { last: { term: 3, index: 1 }, isGranted: true },
    { last: { term: 2, index: 2 }, isGranted: false },
    { last: { term: 1, index: 9 }, isGranted: false },
    { last: { term: 0, index: 1 }, isGranted: false },
  ])("last entry $last.index of term $last.term: $isGranted", ({ last, isGranted }) => {
    const cluster = ThesisCluster.withLogs([
      [1, 2],
      [1, 2],
    ]);
    cluster.receive(2, 1, { kind: "preVoteRequest", term: 4, campaign: 1, last });
    cluster.receive(2, 1, { kind: "voteRequest", term: 4, last, isTransfer: false });
    cluster.sync(2);
    expect(cluster.flying("preVoteResponse")).toMatchObject([{ isGranted }]);
    expect(cluster.flying("voteResponse")).toMatchObject([{ isGranted }]);
  });

  test("entries that are not durable yet count as well: a voter must not forget what it may have acknowledged", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.pass("appendRequest", 1, 2);
    cluster.tick(2, 75);
    cluster.receive(2, 3, { kind: "preVoteRequest", term: 1, campaign: 1, last: { term: 1, index: 2 } });
    expect(cluster.flying("preVoteResponse")).toMatchObject([{ isGranted: false }]);
  });

  test("so whatever is committed is in every later leader's log (R3)", () => {
    const cluster = ThesisCluster.of(5);
    cluster.elect(1);
    cluster.isolate(4, 5);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.crash(1);
    cluster.drop();
    cluster.heal();
    for (const nodeId of [2, 3, 4, 5]) cluster.tick(nodeId, 75);
    // 4 and 5 lack the entry; of four voters they can win two.
    for (const nodeId of [4, 5]) {
      cluster.step(nodeId, { kind: "campaign" });
      cluster.settle();
      expect(cluster.view(nodeId).role).not.toBe("leader");
    }
    cluster.elect(3);
    expect(cluster.entry(3, 3)?.payload.kind).toBe("command");
  });
});

describe("3.6.2 entries of earlier terms are committed by an entry of the leader's own (R4)", () => {
  test("a majority's hold on them is not enough", () => {
    const cluster = ThesisCluster.withLogs([[1, 2, 2], [1, 2, 2], [1]], { messageEntriesMax: 1 });
    cluster.step(1, { kind: "campaign" });
    cluster.pass("preVoteRequest", 1, 3);
    cluster.pass("preVoteResponse");
    cluster.sync(3);
    if (cluster.view(1).role === "follower") cluster.step(1, { kind: "campaign" });
    cluster.pass("preVoteRequest", 1, 3);
    cluster.pass("preVoteResponse");
    cluster.sync(1);
    cluster.pass("voteRequest", 1, 3);
    cluster.sync(3);
    cluster.pass("voteResponse");
    cluster.sync(1);
    const committed: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      cluster.pass("appendRequest", 1, 3);
      cluster.sync(3);
      cluster.pass("appendResponse", 3, 1);
      committed.push(cluster.view(1).committed);
    }
    // 3 confirms 2, then 3, 4 (all of earlier terms), and only then 5, the term's first entry.
    expect(cluster.matchOf(1, 3)).toBe(5);
    expect(committed.filter((index) => index > 1 && index < 5)).toEqual([]);
    expect(committed.at(-1)).toBe(5);
  });

  test("the first entry of a term is written at once, so that this does not wait for a proposal", () => {
    const cluster = ThesisCluster.withLogs([[1], [1], [1]]);
    cluster.elect(2);
    expect(cluster.entry(2, 3)).toMatchObject({ term: 2, payload: { kind: "blank" } });
    expect(cluster.view(2).committed).toBe(3);
  });
});
