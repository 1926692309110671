import { expect, test } from "vitest";
import { ThesisCluster } from "./thesis-cluster.ts";

function led(count: number): ThesisCluster {
  const cluster = ThesisCluster.of(count);
  cluster.elect(1);
  cluster.run(12);
  return cluster;
}

test("3.10 the target leads the next term, though every voter has just heard the leader (R1)", () => {
  const cluster = led(3);
  cluster.transfer(1, 3);
  cluster.settle();
  expect(cluster.view(3)).toMatchObject({ role: "leader", hardState: { term: 2 } });
  expect(cluster.view(1)).toMatchObject({ role: "follower", leader: 3 });
});

test("3.10 meanwhile the leader takes no proposals and no changes of membership", () => {
  const cluster = led(3);
  cluster.cut(1, 3);
  cluster.transfer(1, 3);
  expect(cluster.leading(1).isTransferring).toBe(true);
  expect(cluster.propose(1, "a")).toEqual([]);
  expect(cluster.answer(cluster.change(1, [1, 2]))).toBe("transferring");
  expect(cluster.answer(cluster.transfer(1, 2))).toBe("transferring");
});

test("3.10 the word is given when the target has the whole log, and only then (R3)", () => {
  const cluster = led(3);
  cluster.propose(1, "a");
  cluster.transfer(1, 3);
  expect(cluster.flying("timeoutNowRequest")).toHaveLength(0);
  cluster.pass("appendRequest", 1, 3);
  expect(cluster.flying("timeoutNowRequest")).toHaveLength(0);
  cluster.sync(3);
  cluster.pass("appendResponse", 3, 1);
  expect(cluster.flying("timeoutNowRequest", 1, 3)).toHaveLength(1);
});

test("3.10 a target that crashes costs an election timeout, after which the leader goes on", () => {
  const cluster = led(3);
  cluster.crash(3);
  const token = cluster.transfer(1, 3);
  cluster.run(149, [1, 2]);
  expect(cluster.answer(token)).toBe("waits");
  cluster.run(1, [1, 2]);
  expect(cluster.answer(token)).toBe("interrupted");
  expect(cluster.propose(1, "a")).toHaveLength(1);
});

test("3.10 without a wish the voter that holds most is chosen", () => {
  const cluster = led(4);
  cluster.isolate(2, 3);
  cluster.propose(1, "a");
  cluster.settle();
  cluster.transfer(1);
  expect(cluster.flight.map(({ to, message }) => [to, message.kind])).toContainEqual([4, "timeoutNowRequest"]);
});

test.each([
  { name: "a learner", target: 4, reason: "not_a_voter" },
  { name: "a stranger", target: 9, reason: "not_a_voter" },
  { name: "the leader itself", target: 1, reason: "not_a_voter" },
])("3.10 $name cannot be handed leadership", ({ target, reason }) => {
  const cluster = led(3);
  cluster.addEmpty(4);
  cluster.change(1, [1, 2, 3], [4]);
  cluster.settle();
  expect(cluster.answer(cluster.transfer(1, target))).toBe(reason);
});

test("3.10 a word of an earlier term is too late (R1)", () => {
  const cluster = led(3);
  cluster.transfer(1, 3);
  cluster.settle();
  cluster.receive(2, 1, { kind: "timeoutNowRequest", term: 1 });
  expect(cluster.view(2)).toMatchObject({ role: "follower", hardState: { term: 2 } });
});
