import { expect, test } from "vitest";
import { ThesisCluster } from "./thesis-cluster.ts";

test("9.6 a node that is cut off keeps its term, and comes back without disturbing anyone (R1)", () => {
  const cluster = ThesisCluster.of(3);
  cluster.elect(1);
  cluster.isolate(3);
  cluster.run(3_000);
  expect(cluster.view(3).hardState.term).toBe(1);
  cluster.heal();
  cluster.run(30);
  expect(cluster.view(1)).toMatchObject({ role: "leader", hardState: { term: 1 } });
  expect(cluster.view(3).leader).toBe(1);
});

test("9.6 a pre-vote changes nothing at the voter: no term, no vote, no patience", () => {
  const cluster = ThesisCluster.of(3);
  const before = cluster.view(2);
  cluster.receive(2, 1, { kind: "preVoteRequest", term: 0, campaign: 1, last: { term: 0, index: 1 } });
  expect(cluster.view(2)).toEqual(before);
  expect(cluster.node(2).disk.writesUnderWay).toBe(0);
  cluster.tick(2, 76);
  expect(cluster.view(2).role).toBe("preCandidate");
});

test("9.6 a voter grants as many as would have a chance", () => {
  const cluster = ThesisCluster.of(5);
  for (const from of [1, 3, 4]) {
    cluster.receive(2, from, { kind: "preVoteRequest", term: 0, campaign: 7, last: { term: 0, index: 1 } });
  }
  expect(cluster.flying("preVoteResponse").map(({ isGranted }) => isGranted)).toEqual([true, true, true]);
});

test("9.6 a refusal carries the voter's term, which whoever is behind adopts (R1)", () => {
  const cluster = ThesisCluster.withLogs([[3, 3, 3], [3, 7], [3]]);
  cluster.crash(3);
  cluster.step(1, { kind: "campaign" });
  cluster.settle();
  expect(cluster.view(1)).toMatchObject({ role: "follower", hardState: { term: 7, vote: undefined } });
});

test("9.6 a grant of a voter in an earlier term counts", () => {
  const cluster = ThesisCluster.withLogs([[3, 5], [3], [3]]);
  cluster.crash(3);
  cluster.step(1, { kind: "campaign" });
  cluster.settle();
  expect(cluster.view(1)).toMatchObject({ role: "leader", hardState: { term: 6 } });
});

test("9.6 answers to an earlier campaign count for nothing", () => {
  const cluster = ThesisCluster.of(5);
  cluster.step(1, { kind: "campaign" });
  const [{ campaign } = { campaign: 0 }] = cluster.flying("preVoteRequest", 1, 2);
  cluster.tick(1, 75);
  const answer = { kind: "preVoteResponse", term: 0, isGranted: true } as const;
  for (const from of [2, 3, 4]) cluster.receive(1, from, { ...answer, campaign });
  expect(cluster.view(1).role).toBe("preCandidate");
  for (const from of [2, 3]) cluster.receive(1, from, { ...answer, campaign: campaign + 1 });
  expect(cluster.view(1).role).toBe("candidate");
});

test("9.6 the counter of campaigns starts far from where an earlier life may have counted", () => {
  const cluster = ThesisCluster.of(3);
  cluster.step(1, { kind: "campaign" });
  const [{ campaign: before } = { campaign: 0 }] = cluster.flying("preVoteRequest", 1, 2);
  cluster.crash(1);
  cluster.drop();
  cluster.start(1);
  cluster.step(1, { kind: "campaign" });
  const [{ campaign: after } = { campaign: 0 }] = cluster.flying("preVoteRequest", 1, 2);
  expect(Math.abs(after - before)).toBeGreaterThan(1_000);
});
