import type { LogEntry } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import type { AppendRequest } from "../../src/core/message.ts";
import { ThesisCluster } from "./thesis-cluster.ts";

function blank(term: number, index: number): LogEntry {
  return { term, index, payload: { kind: "blank" } };
}

function append(
  term: number,
  previous: readonly [index: number, term: number],
  entries: LogEntry[],
  committed = 0,
): AppendRequest {
  const [index, previousTerm] = previous;
  return {
    kind: "appendRequest",
    term,
    sequence: 1,
    previous: { term: previousTerm, index },
    entries,
    committed,
    round: 1,
  };
}

describe("3.5 a leader", () => {
  test("writes a proposal to its log and sends it to everyone at once", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    expect(cluster.propose(1, "a")).toEqual([{ term: 1, index: 3 }]);
    for (const to of [2, 3]) {
      const [sent] = cluster.flying("appendRequest", 1, to);
      expect(sent).toMatchObject({ previous: { term: 1, index: 2 }, entries: [{ index: 3, term: 1 }], committed: 2 });
    }
  });

  test("commits when a majority holds an entry durably, its own disk being one of them (R4, R10)", () => {
    const cluster = ThesisCluster.of(5);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.pass("appendRequest");
    cluster.sync(2);
    cluster.sync(3);
    cluster.pass("appendResponse");
    expect(cluster.view(1).committed).toBe(2);
    cluster.sync(1);
    expect(cluster.view(1).committed).toBe(3);
  });

  test("tells the commit index with the next append or heartbeat, and followers apply (R3)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    expect(cluster.view(2).committed).toBe(2);
    cluster.tick(1, 10);
    cluster.settle();
    expect(cluster.view(2)).toMatchObject({ committed: 3, applied: 3 });
  });

  test("never overwrites or removes entries of its own log (R3)", () => {
    const cluster = ThesisCluster.withLogs([[1, 1, 2], [1], [1]]);
    const before = cluster.terms(1);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.run(50);
    expect(cluster.terms(1).slice(0, before.length)).toEqual(before);
  });

  test("who is refused proposals is told who leads", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(2, "a");
    expect(cluster.effectsOf(2, "refused")).toMatchObject([{ reason: "not_leader", leader: 1 }]);
  });
});

describe("3.5 a follower", () => {
  test.each([
    { name: "accepts what follows its last entry", previous: [3, 2], entries: [blank(3, 4)], terms: [0, 1, 2, 3] },
    { name: "keeps what it has already", previous: [2, 1], entries: [blank(2, 3)], terms: [0, 1, 2] },
    {
      name: "keeps the rest when an append says less than it has",
      previous: [1, 0],
      entries: [blank(1, 2)],
      terms: [0, 1, 2],
    },
    { name: "replaces what conflicts, and all behind it", previous: [1, 0], entries: [blank(3, 2)], terms: [0, 3] },
    { name: "takes an empty append for a question", previous: [3, 2], entries: [], terms: [0, 1, 2] },
  ] as const)("$name (R2)", ({ previous, entries, terms }) => {
    const cluster = ThesisCluster.withLogs([
      [1, 2],
      [1, 2],
    ]);
    cluster.receive(2, 1, append(3, previous, [...entries]));
    expect(cluster.terms(2)).toEqual(terms);
    cluster.sync(2);
    const matched = previous[0] + entries.length;
    expect(cluster.flying("appendResponse")).toMatchObject([{ outcome: { kind: "matched", index: matched } }]);
  });

  test.each([
    { name: "lacks the entry before", previous: [5, 2], hint: { term: 2, index: 3 } },
    { name: "has another one there", previous: [3, 3], hint: { term: 2, index: 3 } },
    { name: "has one of a later term there", previous: [3, 1], hint: { term: 1, index: 2 } },
  ] as const)("refuses an append when it $name, changes nothing, and says where they may agree (R2)", (given) => {
    const cluster = ThesisCluster.withLogs([
      [1, 2],
      [1, 2],
    ]);
    cluster.receive(2, 1, append(3, given.previous, [blank(3, given.previous[0] + 1)]));
    expect(cluster.terms(2)).toEqual([0, 1, 2]);
    cluster.sync(2);
    expect(cluster.flying("appendResponse")).toMatchObject([
      { outcome: { kind: "conflict", previousIndex: given.previous[0], hint: given.hint } },
    ]);
  });

  test.each([
    { leaderCommit: 1, expected: 1 },
    { leaderCommit: 2, expected: 2 },
    { leaderCommit: 3, expected: 3 },
    { leaderCommit: 9, expected: 3 },
  ])("commits up to the leader's $leaderCommit, but not past the last entry it was sent (R2, R3)", (given) => {
    const cluster = ThesisCluster.withLogs([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
    cluster.receive(2, 1, append(2, [2, 1], [blank(1, 3)], given.leaderCommit));
    expect(cluster.view(2).committed).toBe(given.expected);
  });

  test("acknowledges when the entries are durable, not before (R10)", () => {
    const cluster = ThesisCluster.of(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.pass("appendRequest", 1, 2);
    expect(cluster.flying("appendResponse")).toHaveLength(0);
    cluster.sync(2);
    expect(cluster.flying("appendResponse")).toHaveLength(1);
  });
});

describe("3.5 log matching", () => {
  // The leader of term 8 and the followers of figure 3.6, and what it takes until they are equal.
  const leader = [1, 1, 4, 4, 5, 5, 6, 6, 6];
  test.each([
    { name: "(a) lacks one entry", log: [1, 1, 4, 4, 5, 5, 6, 6], appends: 2 },
    { name: "(b) lacks many", log: [1, 1, 4], appends: 2 },
    { name: "(c) has one too many", log: [...leader, 6], appends: 1 },
    { name: "(d) has entries of a later term", log: [...leader, 7, 7], appends: 1 },
    { name: "(e) has a wrong tail", log: [1, 1, 4, 4, 4, 4], appends: 2 },
    { name: "(f) has a long wrong tail of two terms", log: [1, 1, 2, 2, 2, 3, 3, 3, 3, 3], appends: 2 },
  ])("a follower that $name is brought into line within $appends appends (R2)", ({ log, appends }) => {
    const cluster = ThesisCluster.withLogs([leader, log, leader]);
    // The leader knows of term 7 and leads term 8, with the vote of 3; the follower in question has heard nothing.
    cluster.receive(1, 3, { kind: "voteResponse", term: 7, isGranted: false });
    cluster.step(1, { kind: "campaign" });
    cluster.sync(1);
    cluster.pass("preVoteRequest", 1, 3);
    cluster.pass("preVoteResponse", 3, 1);
    cluster.sync(1);
    cluster.pass("voteRequest", 1, 3);
    cluster.sync(3);
    cluster.pass("voteResponse", 3, 1);
    expect(cluster.view(1)).toMatchObject({ role: "leader", hardState: { term: 8 } });
    let sent = 0;
    for (let round = 0; round < appends; round += 1) {
      sent += cluster.pass("appendRequest", 1, 2);
      cluster.sync(2);
      cluster.pass("appendResponse", 2, 1);
    }
    expect(cluster.terms(2)).toEqual(cluster.terms(1));
    expect(sent).toBe(appends);
  });
});
