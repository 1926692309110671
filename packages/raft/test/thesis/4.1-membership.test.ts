import { describe, expect, test } from "vitest";
import { ThesisCluster } from "./thesis-cluster.ts";

describe("4.1 safety of membership changes", () => {
  test("a membership is in force from the append, committed or not, on leader and follower alike (R7)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.addEmpty(4);
    cluster.elect(1);
    cluster.change(1, [1, 2, 3], [4]);
    expect(cluster.view(1).membership.membership.learners).toEqual([4]);
    cluster.pass("appendRequest", 1, 2);
    expect(cluster.view(2).membership.membership.learners).toEqual([4]);
    expect(cluster.view(2).committed).toBeLessThan(cluster.view(2).membership.logId.index);
  });

  test("truncating it brings the one before back (R7)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.addEmpty(4);
    cluster.elect(1);
    cluster.isolate(1);
    cluster.change(1, [1, 2, 3], [4]);
    cluster.run(160, [2, 3]);
    cluster.heal();
    cluster.run(20);
    expect(cluster.view(1).membership.membership.learners).toEqual([]);
  });

  test("one change at a time (R7)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.addEmpty(4);
    cluster.elect(1);
    cluster.change(1, [1, 2, 3], [4]);
    expect(cluster.answer(cluster.change(1, [1, 2]))).toBe("change_in_progress");
    cluster.settle();
    expect(cluster.answer(cluster.change(1, [1, 2]))).toBe("proposed");
  });

  test("none before the term has committed something (R8)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.step(1, { kind: "campaign" });
    cluster.pass("preVoteRequest");
    cluster.pass("preVoteResponse");
    cluster.sync(1);
    cluster.pass("voteRequest");
    cluster.sync(2);
    cluster.pass("voteResponse");
    expect(cluster.view(1).role).toBe("leader");
    expect(cluster.answer(cluster.change(1, [1, 2]))).toBe("change_in_progress");
    cluster.settle();
    expect(cluster.answer(cluster.change(1, [1, 2]))).toBe("proposed");
  });

  test.each([
    { name: "nobody", voters: [] },
    { name: "the same node twice", voters: [1, 1, 2] },
  ])("a membership of $name is refused", ({ voters }) => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    const token = cluster.nextToken();
    cluster.step(1, { kind: "changeMembership", token, target: { voters, learners: [], nodes: [] } });
    expect(cluster.answer(token)).toBe("invalid_membership");
  });

  test("only the leader changes it", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    expect(cluster.answer(cluster.change(2, [1, 2]))).toBe("not_leader");
  });
});

describe("4.2.1 catching up", () => {
  test("a learner is sent everything and counts for nothing (R7)", () => {
    const cluster = ThesisCluster.of(1);
    cluster.addEmpty(2);
    cluster.elect(1);
    cluster.propose(1, "a", "b");
    cluster.settle();
    cluster.change(1, [1], [2]);
    cluster.settle();
    expect(cluster.terms(2)).toEqual(cluster.terms(1));
    cluster.crash(2);
    cluster.propose(1, "c");
    cluster.settle();
    expect(cluster.view(1).committed).toBe(cluster.view(1).last.index);
  });

  test("a learner does not stand for election, but votes when it is asked: it may be a voter without knowing", () => {
    const cluster = ThesisCluster.of(2);
    cluster.addEmpty(3);
    cluster.elect(1);
    cluster.change(1, [1, 2], [3]);
    cluster.settle();
    cluster.tick(3, 400);
    expect(cluster.view(3)).toMatchObject({ role: "follower", hardState: { term: 1 } });
    cluster.receive(3, 2, { kind: "voteRequest", term: 2, last: { term: 9, index: 9 }, isTransfer: false });
    cluster.sync(3);
    expect(cluster.flying("voteResponse", 3, 2)).toMatchObject([{ isGranted: true }]);
  });

  test("becoming a voter takes a joint phase that both majorities commit (R7)", () => {
    const cluster = ThesisCluster.of(1);
    cluster.addEmpty(2);
    cluster.elect(1);
    cluster.change(1, [1], [2]);
    cluster.settle();
    cluster.change(1, [1, 2]);
    cluster.sync(1);
    expect(cluster.view(1).membership.membership).toMatchObject({ voters: [1, 2], outgoingVoters: [1] });
    expect(cluster.view(1).committed).toBe(3);
    cluster.settle();
    expect(cluster.view(1).membership.membership).toMatchObject({ voters: [1, 2], outgoingVoters: [] });
  });
});

describe("4.2.2 removing the leader", () => {
  test("it leads until its last entry is committed by the others alone, and then steps down (R7, R4)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.change(1, [2, 3]);
    cluster.sync(1);
    for (const nodeId of [2, 3]) {
      cluster.pass("appendRequest", 1, nodeId);
      cluster.sync(nodeId);
      cluster.pass("appendResponse", nodeId, 1);
    }
    const leaving = cluster.view(1);
    expect(leaving.membership.membership.voters).toEqual([2, 3]);
    cluster.sync(1);
    cluster.pass("appendRequest", 1, 2);
    cluster.sync(2);
    cluster.pass("appendResponse", 2, 1);
    expect(cluster.view(1)).toMatchObject({ role: "leader", committed: leaving.committed });
    cluster.pass("appendRequest", 1, 3);
    cluster.sync(3);
    cluster.pass("appendResponse", 3, 1);
    expect(cluster.view(1)).toMatchObject({ role: "follower", committed: leaving.last.index });
  });

  test("it hands over to the best voter, so that nobody waits for a timeout", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.run(12);
    cluster.change(1, [2, 3]);
    cluster.settle();
    expect([2, 3].filter((nodeId) => cluster.view(nodeId).role === "leader")).toHaveLength(1);
  });

  test("a server may lead that is not in its own latest membership, as long as that is uncommitted (figure 4.6)", () => {
    const cluster = ThesisCluster.of(2);
    cluster.elect(1);
    cluster.change(1, [2]);
    cluster.sync(1);
    cluster.pass("appendRequest", 1, 2);
    cluster.sync(2);
    cluster.pass("appendResponse", 2, 1);
    cluster.sync(1);
    expect(cluster.view(1).membership.membership.voters).toEqual([2]);
    cluster.drop();
    cluster.crash(1);
    cluster.start(1);
    cluster.run(400);
    expect(cluster.view(2)).toMatchObject({ role: "leader", membership: { membership: { voters: [2] } } });
    cluster.tick(1, 400);
    expect(cluster.view(1).role).toBe("follower");
  });
});

describe("4.2.3 disruptive servers", () => {
  test("who hears the leader ignores vote requests, and does not learn their term (R1)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.run(12);
    const last = { term: 9, index: 99 };
    for (const nodeId of [1, 2]) {
      cluster.receive(nodeId, 3, { kind: "voteRequest", term: 9, last, isTransfer: false });
      expect(cluster.view(nodeId).hardState.term).toBe(1);
    }
    expect(cluster.flying("voteResponse")).toEqual([]);
  });

  test("who has not heard it for the shortest timeout answers", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    const request = { kind: "voteRequest", term: 9, last: { term: 9, index: 99 }, isTransfer: false } as const;
    cluster.tick(2, 74);
    cluster.receive(2, 3, request);
    expect(cluster.view(2).hardState.term).toBe(1);
    cluster.tick(2, 1);
    cluster.receive(2, 3, request);
    expect(cluster.view(2).hardState).toEqual({ term: 9, vote: 3 });
  });

  test("a removed server that was not told cannot depose the leader, however long it tries", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.isolate(3);
    cluster.change(1, [1, 2]);
    cluster.settle();
    cluster.heal();
    cluster.run(1_000);
    expect(cluster.view(1)).toMatchObject({ role: "leader", hardState: { term: 1 } });
  });
});

describe("4.3 joint consensus", () => {
  test("elections and commits need both majorities while it lasts (R7)", () => {
    const cluster = ThesisCluster.of(3);
    for (const nodeId of [4, 5]) cluster.addEmpty(nodeId);
    cluster.elect(1);
    cluster.change(1, [1, 4, 5]);
    const joint = cluster.view(1).last.index;
    cluster.sync(1);
    for (const nodeId of [2, 3]) {
      cluster.pass("appendRequest", 1, nodeId);
      cluster.sync(nodeId);
      cluster.pass("appendResponse", nodeId, 1);
    }
    // 1, 2 and 3 hold it: a majority of the old half, and only 1 of the new one.
    expect(cluster.view(1).committed).toBeLessThan(joint);
    cluster.crash(1);
    cluster.drop();
    for (const nodeId of [2, 3]) cluster.tick(nodeId, 75);
    cluster.step(2, { kind: "campaign" });
    cluster.pass("preVoteRequest", 2, 3);
    cluster.pass("preVoteResponse", 3, 2);
    expect(cluster.view(2).role).toBe("preCandidate");
    cluster.pass("preVoteRequest", 2, 4);
    cluster.pass("preVoteResponse", 4, 2);
    expect(cluster.view(2).role).toBe("preCandidate");
    cluster.pass("preVoteRequest", 2, 5);
    cluster.pass("preVoteResponse", 5, 2);
    expect(cluster.view(2).role).toBe("candidate");
  });

  test("any set can follow any other, even without a node in common, and the leader leaves the joint phase by itself", () => {
    const cluster = ThesisCluster.of(3);
    for (const nodeId of [4, 5, 6]) cluster.addEmpty(nodeId);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.change(1, [4, 5, 6]);
    cluster.settle();
    const leader = [4, 5, 6].find((nodeId) => cluster.view(nodeId).role === "leader") ?? 0;
    expect(cluster.view(leader).membership.membership).toMatchObject({ voters: [4, 5, 6], outgoingVoters: [] });
    expect(cluster.entry(leader, 3)?.payload.kind).toBe("command");
    cluster.propose(leader, "b");
    cluster.settle();
    expect(cluster.view(leader).committed).toBe(cluster.view(leader).last.index);
  });

  test("a leader that inherits a joint membership leaves it (R7)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.addEmpty(4);
    cluster.elect(1);
    cluster.change(1, [1, 2, 4]);
    cluster.pass("appendRequest", 1, 2);
    cluster.sync(2);
    cluster.crash(1);
    cluster.drop();
    cluster.run(200, [2, 3, 4]);
    expect(cluster.view(2)).toMatchObject({
      role: "leader",
      membership: { membership: { voters: [1, 2, 4], outgoingVoters: [] } },
    });
  });
});
