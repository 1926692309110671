import { expect, test } from "vitest";
import { ThesisCluster } from "./thesis-cluster.ts";

function led(): ThesisCluster {
  const cluster = ThesisCluster.of(3);
  cluster.elect(1);
  cluster.node(1).isStalled = true;
  return cluster;
}

test("10.2.1 an append leaves while the leader's own disk still writes the entry", () => {
  const cluster = led();
  cluster.propose(1, "a");
  expect(cluster.node(1).disk.writesUnderWay).toBe(1);
  expect(cluster.flying("appendRequest")).toHaveLength(2);
});

test("10.2.1 the others can commit it without the leader's disk; the leader applies it when its copy is durable (R4, R5)", () => {
  const cluster = led();
  cluster.propose(1, "a");
  cluster.settle();
  expect(cluster.view(1)).toMatchObject({ committed: 3, durable: 2, applied: 2 });
  cluster.sync(1);
  cluster.apply(1);
  expect(cluster.view(1)).toMatchObject({ committed: 3, durable: 3, applied: 3 });
});

test("10.2.1 the leader's copy counts when it is durable, not before (R10)", () => {
  const cluster = led();
  cluster.isolate(3);
  cluster.propose(1, "a");
  cluster.settle();
  expect(cluster.matchOf(1, 2)).toBe(3);
  expect(cluster.view(1).committed).toBe(2);
  cluster.sync(1);
  expect(cluster.view(1).committed).toBe(3);
});

test("10.2.1 a leader that crashes before its disk is done has lost nothing that was committed (R3)", () => {
  const cluster = led();
  cluster.propose(1, "a");
  cluster.settle();
  cluster.crash(1);
  expect(cluster.node(1).disk.entries).toHaveLength(2);
  cluster.node(1).isStalled = false;
  cluster.start(1);
  cluster.run(200);
  expect(cluster.entry(1, 3)?.payload.kind).toBe("command");
});

test("10.2.1 a follower's answer waits for its disk, a heartbeat's does not (R10)", () => {
  const cluster = ThesisCluster.of(3);
  cluster.elect(1);
  cluster.node(2).isStalled = true;
  cluster.propose(1, "a");
  cluster.tick(1, 10);
  cluster.pass("appendRequest", 1, 2);
  cluster.pass("heartbeatRequest", 1, 2);
  expect(cluster.flight.filter(({ from }) => from === 2).map(({ message }) => message.kind)).toEqual([
    "heartbeatResponse",
  ]);
});

test("10.2.1 a disk that finishes nothing for an election timeout costs the leader its office (R11)", () => {
  const cluster = led();
  cluster.propose(1, "a");
  cluster.run(150);
  expect(cluster.view(1).role).toBe("leader");
  cluster.run(1);
  expect(cluster.view(1).role).toBe("follower");
  cluster.run(400);
  expect(cluster.view(1).role).toBe("follower");
  expect([2, 3].some((nodeId) => cluster.view(nodeId).role === "leader")).toBe(true);
});
