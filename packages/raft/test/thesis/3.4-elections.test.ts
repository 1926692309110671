import { expect, test } from "vitest";
import { majorityOf } from "../../src/core/quorum.ts";
import { ThesisCluster } from "./thesis-cluster.ts";

test("3.4 a node starts as a follower, without a leader", () => {
  const cluster = ThesisCluster.of(3);
  expect(cluster.view(1)).toMatchObject({ role: "follower", leader: undefined });
});

test("3.4 a follower that hears from its leader within the timeout stays one", () => {
  const cluster = ThesisCluster.of(3);
  cluster.elect(1);
  cluster.run(500);
  expect(cluster.view(1)).toMatchObject({ role: "leader", hardState: { term: 1 } });
  expect(cluster.view(2)).toMatchObject({ role: "follower", leader: 1 });
});

test("3.4 a leader sends heartbeats as often as it is told to", () => {
  const cluster = ThesisCluster.of(3);
  cluster.elect(1);
  cluster.tick(1, 9);
  expect(cluster.flying("heartbeatRequest")).toHaveLength(0);
  cluster.tick(1);
  expect(cluster.flying("heartbeatRequest", 1, 2)).toHaveLength(1);
  expect(cluster.flying("heartbeatRequest", 1, 3)).toHaveLength(1);
});

test("3.4 patience is drawn from its range, anew at every campaign", () => {
  const cluster = ThesisCluster.of(3);
  const draws = [0, 10, 75];
  cluster.addNode(
    1,
    {},
    { below: (bound) => (bound > 1_000 ? 0 : (draws.shift() ?? 0)), bytes: () => new Uint8Array() },
  );
  cluster.preset(1, 0, undefined, [], cluster.view(2).membership.membership);
  cluster.start(1);
  const campaignTicks: number[] = [];
  for (let tick = 1; tick <= 320; tick += 1) {
    const effects = cluster.step(1, { kind: "tick", elapsedTicks: 1 });
    if (effects.some((effect) => effect.kind === "roleChanged")) campaignTicks.push(tick);
  }
  expect(campaignTicks).toEqual([75, 75 + 85, 75 + 85 + 150]);
});

test.each([1, 2, 3, 4, 5, 6, 7])("3.4 of %i voters a majority elects, and no fewer (R1)", (count) => {
  const cluster = ThesisCluster.of(count);
  cluster.step(1, { kind: "campaign" });
  cluster.pass("preVoteRequest");
  cluster.pass("preVoteResponse");
  cluster.sync(1);
  for (let votes = 1; votes < majorityOf(count); votes += 1) {
    expect(cluster.view(1).role).toBe("candidate");
    cluster.pass("voteRequest", 1, votes + 1);
    cluster.sync(votes + 1);
    cluster.pass("voteResponse", votes + 1, 1);
  }
  expect(cluster.view(1).role).toBe("leader");
});

test("3.4 a candidate that a majority refuses gives up at once (R1)", () => {
  const cluster = ThesisCluster.of(3);
  cluster.step(1, { kind: "campaign" });
  cluster.pass("preVoteRequest", 1, 2);
  cluster.pass("preVoteResponse", 2, 1);
  cluster.sync(1);
  cluster.receive(1, 2, { kind: "voteResponse", term: 1, isGranted: false });
  expect(cluster.view(1).role).toBe("candidate");
  cluster.receive(1, 3, { kind: "voteResponse", term: 1, isGranted: false });
  expect(cluster.view(1).role).toBe("follower");
});

test("3.4 a candidate's own vote counts when it is durable, not before (R1)", () => {
  const cluster = ThesisCluster.of(1);
  cluster.step(1, { kind: "campaign" });
  expect(cluster.view(1).role).toBe("candidate");
  cluster.sync(1);
  expect(cluster.view(1).role).toBe("leader");
});

test("3.4 votes of nodes that are no voters count for nothing (R1, R7)", () => {
  const cluster = ThesisCluster.of(5);
  cluster.step(1, { kind: "campaign" });
  cluster.pass("preVoteRequest");
  cluster.pass("preVoteResponse");
  cluster.sync(1);
  for (const stranger of [6, 7, 8]) cluster.receive(1, stranger, { kind: "voteResponse", term: 1, isGranted: true });
  expect(cluster.view(1).role).toBe("candidate");
});

test("3.4 first come, first served: a voter grants one candidate per term, and repeats itself to it (R1)", () => {
  const cluster = ThesisCluster.of(3);
  const request = { kind: "voteRequest", term: 1, last: { term: 0, index: 1 }, isTransfer: false } as const;
  const answers = [1, 3, 1].map((from) =>
    cluster.receive(2, from, request).findLast((effect) => effect.kind === "send"),
  );
  expect(answers.map((effect) => effect?.message)).toMatchObject([
    { isGranted: true },
    { isGranted: false },
    { isGranted: true },
  ]);
});

test("3.4 a leader of the same term ends a candidacy, one of an earlier term does not (R1)", () => {
  const cluster = ThesisCluster.of(3);
  cluster.step(1, { kind: "campaign" });
  cluster.pass("preVoteRequest", 1, 2);
  cluster.pass("preVoteResponse", 2, 1);
  cluster.sync(1);
  cluster.receive(1, 3, { kind: "heartbeatRequest", term: 0, committed: 0, round: 1 });
  expect(cluster.view(1).role).toBe("candidate");
  cluster.receive(1, 3, { kind: "heartbeatRequest", term: 1, committed: 0, round: 1 });
  expect(cluster.view(1)).toMatchObject({ role: "follower", leader: 3 });
});
