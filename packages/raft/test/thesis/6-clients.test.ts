import { describe, expect, test } from "vitest";
import { ThesisCluster } from "./thesis-cluster.ts";

const lease = { kind: "enabled", driftTicks: 10 } as const;

function led(count: number, hasLease = false): ThesisCluster {
  const cluster = ThesisCluster.of(count, hasLease ? { lease } : {});
  if (hasLease) cluster.run(75);
  cluster.elect(1);
  cluster.run(12);
  return cluster;
}

describe("6.2 check quorum", () => {
  test("a leader that no majority answers steps down within an election timeout, and is silent (R11)", () => {
    const cluster = led(3);
    cluster.isolate(1);
    const ticks = 150 - cluster.leading(1).quorumAckAgeTicks;
    cluster.tick(1, ticks);
    expect(cluster.view(1).role).toBe("leader");
    cluster.tick(1);
    expect(cluster.view(1)).toMatchObject({ role: "follower", leader: undefined });
    const before = cluster.effectsOf(1, "send").length;
    cluster.tick(1, 30);
    expect(cluster.effectsOf(1, "send")).toHaveLength(before);
  });

  test("one that a majority answers stays, whoever is missing", () => {
    const cluster = led(5);
    cluster.isolate(4, 5);
    cluster.run(1_000);
    expect(cluster.view(1)).toMatchObject({ role: "leader", hardState: { term: 1 } });
  });

  test("answers of learners do not keep a leader in office (R7, R11)", () => {
    const cluster = led(2);
    cluster.addEmpty(3);
    cluster.change(1, [1, 2], [3]);
    cluster.settle();
    cluster.isolate(2);
    cluster.run(170, [1, 3]);
    expect(cluster.view(1).role).not.toBe("leader");
  });
});

describe("6.4 linearizable reads", () => {
  test("a read is answered at the commit index of its arrival, when a majority has confirmed a later round (R6)", () => {
    const cluster = led(3);
    const { committed } = cluster.view(1);
    const token = cluster.read(1);
    cluster.propose(1, "a");
    expect(cluster.answer(token)).toBe("waits");
    cluster.pass("heartbeatRequest", 1, 2);
    cluster.pass("heartbeatResponse", 2, 1);
    expect(cluster.answer(token)).toBe(`ready at ${committed}`);
  });

  test("not before an entry of the term is committed (R6)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.step(1, { kind: "campaign" });
    cluster.pass("preVoteRequest");
    cluster.pass("preVoteResponse");
    cluster.sync(1);
    cluster.pass("voteRequest", 1, 2);
    cluster.sync(2);
    cluster.pass("voteResponse");
    const token = cluster.read(1);
    cluster.tick(1, 10);
    cluster.pass("heartbeatRequest");
    cluster.pass("heartbeatResponse");
    expect(cluster.answer(token)).toBe("waits");
    cluster.settle();
    expect(cluster.answer(token)).toBe("ready at 2");
  });

  test("reads that come while a round is open share the next one", () => {
    const cluster = led(3);
    cluster.read(1);
    const tokens = [cluster.read(1), cluster.read(1), cluster.read(1)];
    const { length } = cluster.effectsOf(1, "send");
    cluster.settle();
    expect(tokens.map((token) => cluster.answer(token))).toEqual(Array.from(tokens, () => "ready at 2"));
    expect(cluster.effectsOf(1, "send").length - length).toBe(2);
  });

  test("a leader that was replaced without knowing answers nothing (R6)", () => {
    const cluster = led(3);
    cluster.isolate(1);
    cluster.run(100, [2, 3]);
    const token = cluster.read(1);
    cluster.tick(1, 100);
    expect(cluster.answer(token)).toBe("waits");
    cluster.heal();
    cluster.run(20);
    expect(cluster.answer(token)).toBe("interrupted");
  });

  test("append answers confirm rounds as well: a busy leader needs no heartbeats (R6)", () => {
    const cluster = led(3);
    cluster.cut(1, 3);
    const token = cluster.read(1);
    cluster.take(({ message }) => message.kind === "heartbeatRequest");
    cluster.propose(1, "a");
    cluster.pass("appendRequest", 1, 2);
    cluster.sync(2);
    cluster.pass("appendResponse", 2, 1);
    expect(cluster.answer(token)).toBe("ready at 2");
  });

  test("a follower asks the leader, and waits until it has applied that much itself", () => {
    const cluster = led(3);
    cluster.propose(1, "a");
    cluster.settle();
    const token = cluster.read(2);
    cluster.settle();
    expect(cluster.answer(token)).toBe("ready at 3");
    expect(cluster.view(2).applied).toBe(3);
  });

  test("a question that gets lost ends with a timeout, one that cannot be asked at once", () => {
    const cluster = led(3);
    const lost = cluster.read(2);
    cluster.drop();
    cluster.run(80);
    expect(cluster.answer(lost)).toBe("interrupted");
    cluster.isolate(2);
    cluster.tick(2, 80);
    expect(cluster.answer(cluster.read(2))).toBe("not_leader");
  });

  test("waiting reads are bounded, on leader and follower (R12)", () => {
    const cluster = ThesisCluster.of(3, { readsMax: 2 });
    cluster.elect(1);
    for (const nodeId of [1, 2]) {
      const tokens = [cluster.read(nodeId), cluster.read(nodeId), cluster.read(nodeId)];
      expect(tokens.map((token) => cluster.answer(token))).toEqual(["waits", "waits", "overloaded"]);
    }
  });
});

describe("6.4.1 leases", () => {
  test("are off unless they are switched on", () => {
    const cluster = led(3);
    expect(cluster.answer(cluster.read(1, "lease"))).toBe("lease_disabled");
  });

  test("a read within the lease needs no round; one after it does (R6)", () => {
    const cluster = led(3, true);
    expect(cluster.answer(cluster.read(1, "lease"))).toBe("ready at 2");
    cluster.isolate(1);
    cluster.tick(1, 65);
    expect(cluster.answer(cluster.read(1, "lease"))).toBe("waits");
  });

  test("the lease counts from the opening of its round, not from the answers to it (R6)", () => {
    const cluster = led(3, true);
    cluster.tick(1, 8);
    cluster.pass("heartbeatRequest");
    cluster.tick(1, 64);
    cluster.take(({ message }) => message.kind === "heartbeatRequest");
    cluster.pass("heartbeatResponse");
    expect(cluster.answer(cluster.read(1, "lease"))).toBe("ready at 2");
    cluster.tick(1);
    expect(cluster.answer(cluster.read(1, "lease"))).toBe("waits");
  });

  test("a leader that stood still hears of the time first (R6, S5)", () => {
    const cluster = led(3, true);
    const token = cluster.nextToken();
    cluster.step(1, { kind: "tick", elapsedTicks: 120 }, { kind: "readIndex", token, mode: "lease" });
    expect(cluster.answer(token)).toBe("waits");
  });

  test("voters wait: nobody is elected while a lease may last, not even after a restart (R1, R6)", () => {
    const cluster = led(3, true);
    cluster.isolate(1);
    cluster.crash(2);
    cluster.start(2);
    for (const nodeId of [2, 3]) cluster.step(nodeId, { kind: "campaign" });
    cluster.settle();
    cluster.run(74, [2, 3]);
    expect([2, 3].map((nodeId) => cluster.view(nodeId).hardState.term)).toEqual([1, 1]);
    cluster.run(100, [2, 3]);
    expect([2, 3].some((nodeId) => cluster.view(nodeId).role === "leader")).toBe(true);
  });

  test("handing over ends the lease for the whole term, even when it fails (R6)", () => {
    const cluster = led(3, true);
    cluster.isolate(2);
    cluster.transfer(1, 2);
    expect(cluster.answer(cluster.read(1, "lease"))).toBe("waits");
    cluster.run(160, [1, 3]);
    expect(cluster.view(1).role).toBe("leader");
    expect(cluster.answer(cluster.read(1, "lease"))).toBe("waits");
  });
});
