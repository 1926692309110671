import { expect, test } from "vitest";
import type { Message } from "../../src/core/message.ts";
import { ThesisCluster } from "./thesis-cluster.ts";

const last = { term: 0, index: 1 };

/** One message of each kind with a term of its own, as another node might send it. */
function messagesOf(term: number): readonly Message[] {
  return [
    { kind: "preVoteResponse", term, campaign: 1, isGranted: false },
    { kind: "voteRequest", term, last, isTransfer: false },
    { kind: "voteResponse", term, isGranted: false },
    { kind: "appendRequest", term, sequence: 1, previous: last, entries: [], committed: 0, round: 0 },
    { kind: "appendResponse", term, sequence: 1, round: 0, outcome: { kind: "matched", index: 1 } },
    { kind: "heartbeatRequest", term, committed: 0, round: 0 },
    { kind: "heartbeatResponse", term, round: 0 },
    { kind: "readIndexRequest", term, requestId: 1 },
    { kind: "readIndexResponse", term, requestId: 1, readIndex: undefined },
  ];
}

test.each(messagesOf(7))(
  "3.3 a later term in a $kind is adopted by a candidate, which follows then (R1)",
  (message) => {
    const cluster = ThesisCluster.of(3);
    cluster.step(1, { kind: "campaign" });
    cluster.pass("preVoteRequest", 1, 2);
    cluster.pass("preVoteResponse", 2, 1);
    expect(cluster.view(1).role).toBe("candidate");
    cluster.receive(1, 3, message);
    expect(cluster.view(1)).toMatchObject({ role: "follower", hardState: { term: 7 } });
  },
);

test.each(messagesOf(7))("3.3 a later term in a $kind ends a leader's term, but for a vote request (R1)", (message) => {
  const cluster = ThesisCluster.of(3);
  cluster.elect(1);
  cluster.receive(1, 3, message);
  const isIgnored = message.kind === "voteRequest";
  expect(cluster.view(1).role).toBe(isIgnored ? "leader" : "follower");
  expect(cluster.view(1).hardState.term).toBe(isIgnored ? 1 : 7);
});

test("3.3 a pre-vote request changes nobody's term, whatever its own is (R1)", () => {
  const cluster = ThesisCluster.of(3);
  cluster.receive(2, 3, { kind: "preVoteRequest", term: 9, campaign: 1, last });
  expect(cluster.view(2)).toMatchObject({ role: "follower", hardState: { term: 0, vote: undefined } });
});

test("3.3 messages of an earlier term change nothing; questions are answered with the present term (R1)", () => {
  const cluster = ThesisCluster.withLogs([[4], [4], [4]]);
  const before = cluster.view(2);
  const kinds: string[] = [];
  for (const message of messagesOf(3)) {
    for (const effect of cluster.receive(2, 3, message)) {
      if (effect.kind !== "send") throw new Error(`${message.kind} led to ${effect.kind}`);
      expect(effect.message.term).toBe(4);
      kinds.push(effect.message.kind);
    }
  }
  expect(kinds).toEqual(["voteResponse", "heartbeatResponse", "heartbeatResponse", "readIndexResponse"]);
  expect(cluster.view(2)).toEqual(before);
});

test("3.3 a term is durable before anything is said in it (R1)", () => {
  const cluster = ThesisCluster.of(3);
  const entries = [{ term: 5, index: 2, payload: { kind: "blank" } as const }];
  cluster.receive(2, 1, {
    kind: "appendRequest",
    term: 5,
    sequence: 1,
    previous: last,
    entries,
    committed: 1,
    round: 1,
  });
  cluster.receive(2, 1, { kind: "heartbeatRequest", term: 5, committed: 0, round: 1 });
  expect(cluster.flight).toEqual([]);
  cluster.sync(2);
  expect(cluster.flight.map(({ message }) => message.kind)).toEqual(["appendResponse", "heartbeatResponse"]);
});
