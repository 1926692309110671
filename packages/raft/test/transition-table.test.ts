import { readFileSync } from "node:fs";
import { assert, type LogEntry } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import type { Effect } from "../src/core/effect.ts";
import type { RaftEvent, RaftEventKind } from "../src/core/event.ts";
import type { Message, MessageKind } from "../src/core/message.ts";
import type { RoleKind } from "../src/core/role.ts";
import { transitionTable, type RoleEventKind } from "../src/core/transition-table.ts";
import { membershipOf, ThesisCluster } from "./thesis/thesis-cluster.ts";

/** The node that the table is tried on; in every role its term is 2 and its log ends with entry 3. */
const NODE = 1;
const TERM = 2;
const command: LogEntry["payload"] & { kind: "command" } = { kind: "command", command: Uint8Array.of(7) };

const roles = Object.keys(transitionTable) as RoleKind[];
const roleEvents = Object.keys(transitionTable.follower.events) as RoleEventKind[];
const messageKinds = Object.keys(transitionTable.follower.messages) as MessageKind[];

/** Events that mean the same to every role. The type makes sure that none is missing. */
const commonEvents = Object.keys({
  receive: true,
  applied: true,
  stateDurable: true,
  snapshotOffered: true,
  snapshotInstalled: true,
} satisfies Record<Exclude<RaftEventKind, RoleEventKind>, true>) as Exclude<RaftEventKind, RoleEventKind>[];

const effects = Object.keys({
  persist: true,
  send: true,
  apply: true,
  sendSnapshot: true,
  decideSnapshot: true,
  proposed: true,
  refused: true,
  readReady: true,
  roleChanged: true,
  membershipChanged: true,
  membershipCommitted: true,
  peerLostData: true,
  halt: true,
} satisfies Record<Effect["kind"], true>);

const last = { term: 1, index: 3 };
const membership = { logId: { term: 0, index: 1 }, membership: membershipOf([1, 2, 3]) };

const sampleEvents: { readonly [Kind in Exclude<RaftEventKind, "receive">]: readonly RaftEvent[] } = {
  tick: [
    { kind: "tick", elapsedTicks: 1 },
    { kind: "tick", elapsedTicks: 10_000 },
  ],
  bootstrap: [{ kind: "bootstrap", token: 1, membership: membershipOf([1]) }],
  propose: [
    { kind: "propose", proposals: [] },
    { kind: "propose", proposals: [{ token: 1, payload: command }] },
  ],
  changeMembership: [{ kind: "changeMembership", token: 1, target: membershipOf([1, 2], [3]) }],
  transferLeadership: [
    { kind: "transferLeadership", token: 1, target: 2 },
    { kind: "transferLeadership", token: 1, target: undefined },
  ],
  readIndex: [
    { kind: "readIndex", token: 1, mode: "quorum" },
    { kind: "readIndex", token: 1, mode: "lease" },
  ],
  persisted: [],
  applied: [{ kind: "applied", index: 1 }],
  stateDurable: [{ kind: "stateDurable", through: 1 }],
  snapshotOffered: [
    { kind: "snapshotOffered", token: 1, from: 2, term: TERM - 1, lastIncluded: last },
    { kind: "snapshotOffered", token: 1, from: 2, term: TERM, lastIncluded: last },
    { kind: "snapshotOffered", token: 1, from: 2, term: TERM + 1, lastIncluded: { term: 3, index: 9 } },
  ],
  snapshotInstalled: [
    { kind: "snapshotInstalled", lastIncluded: { term: 0, index: 1 }, membership },
    { kind: "snapshotInstalled", lastIncluded: last, membership },
  ],
  snapshotSending: [{ kind: "snapshotSending", to: 2, lastIncluded: last }],
  snapshotSent: [
    { kind: "snapshotSent", to: 2, matched: 3 },
    { kind: "snapshotSent", to: 9, matched: undefined },
  ],
  peerDisconnected: [
    { kind: "peerDisconnected", nodeId: 2 },
    { kind: "peerDisconnected", nodeId: 9 },
  ],
  sendDropped: [
    { kind: "sendDropped", nodeId: 2 },
    { kind: "sendDropped", nodeId: 9 },
  ],
  campaign: [{ kind: "campaign" }],
};

const sampleMessages: { readonly [Kind in MessageKind]: (term: number) => Message } = {
  preVoteRequest: (term) => ({ kind: "preVoteRequest", term, campaign: 1, last }),
  preVoteResponse: (term) => ({ kind: "preVoteResponse", term, campaign: 1, isGranted: true }),
  voteRequest: (term) => ({ kind: "voteRequest", term, last, isTransfer: false }),
  voteResponse: (term) => ({ kind: "voteResponse", term, isGranted: false }),
  appendRequest: (term) => ({
    kind: "appendRequest",
    term,
    sequence: 1,
    previous: last,
    entries: [{ term, index: 4, payload: command }],
    committed: 1,
    round: 1,
  }),
  appendResponse: (term) => ({
    kind: "appendResponse",
    term,
    sequence: 1,
    round: 0,
    outcome: { kind: "conflict", previousIndex: 3, hint: last },
  }),
  heartbeatRequest: (term) => ({ kind: "heartbeatRequest", term, committed: 1, round: 1 }),
  heartbeatResponse: (term) => ({ kind: "heartbeatResponse", term, round: 0 }),
  timeoutNowRequest: (term) => ({ kind: "timeoutNowRequest", term }),
  readIndexRequest: (term) => ({ kind: "readIndexRequest", term, requestId: 1 }),
  readIndexResponse: (term) => ({ kind: "readIndexResponse", term, requestId: 1, readIndex: 1 }),
};

/** Node 1 in this role, in term 2; as a leader it has written its first entry and committed nothing. */
function clusterIn(role: RoleKind): { readonly cluster: ThesisCluster; readonly campaign: number } {
  const cluster = ThesisCluster.withLogs([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  cluster.receive(NODE, 2, {
    kind: "readIndexResponse",
    term: role === "follower" ? TERM : 1,
    requestId: 0,
    readIndex: 1,
  });
  if (role !== "follower") cluster.step(NODE, { kind: "campaign" });
  if (role === "preCandidate") {
    cluster.receive(NODE, 2, { kind: "heartbeatRequest", term: TERM, committed: 0, round: 0 });
    cluster.tick(NODE, 75);
  }
  if (role === "candidate" || role === "leader") {
    cluster.pass("preVoteRequest", NODE, 2);
    cluster.pass("preVoteResponse", 2, NODE);
    cluster.sync(NODE);
  }
  if (role === "leader") {
    cluster.pass("voteRequest", NODE, 2);
    cluster.sync(2);
    cluster.pass("voteResponse", 2, NODE);
  }
  const campaign = cluster.flying("preVoteRequest", NODE).at(-1)?.campaign ?? 0;
  if (role === "follower" || role === "preCandidate") cluster.sync(NODE);
  cluster.drop();
  assert(cluster.view(NODE).role === role, `node ${NODE} is a ${role}`);
  assert(cluster.view(NODE).hardState.term === TERM, `node ${NODE} is in term ${TERM}`);
  return { cluster, campaign };
}

/** What it leads to, in one line; then everything must go on working. */
function outcome(role: RoleKind, sample: RaftEvent): string {
  const { cluster, campaign } = clusterIn(role);
  cluster.isHaltExpected = true;
  const isAnswer = sample.kind === "receive" && sample.message.kind === "preVoteResponse";
  const event = isAnswer ? { ...sample, message: { ...sample.message, campaign } } : sample;
  const led = cluster.step(NODE, event).map((effect) => describeEffect(effect));
  const { role: after, hardState } = cluster.view(NODE);
  cluster.settle();
  cluster.run(30);
  return `${led.join(", ") || "nothing"} -> ${after} in term ${hardState.term}`;
}

function describeEffect(effect: Effect): string {
  if (effect.kind === "send") return `${effect.message.kind} to ${effect.to}`;
  if (effect.kind === "refused") return `refused ${effect.reason}`;
  if (effect.kind === "roleChanged") return `becomes ${effect.role}`;
  return effect.kind;
}

function eventText(event: RaftEvent): string {
  const { kind, ...rest } = event;
  const fields = Object.entries(rest).filter(
    ([name]) => !["token", "membership", "proposals", "target"].includes(name),
  );
  const text = fields.map(
    ([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`,
  );
  return [kind, ...text].join(" ");
}

describe("every role answers every event and every message (R1 to R11 are asserted in each step)", () => {
  test("roles have handlers for the same events and messages", () => {
    for (const role of roles) {
      expect(Object.keys(transitionTable[role].events)).toEqual(roleEvents);
      expect(Object.keys(transitionTable[role].messages)).toEqual(messageKinds);
    }
  });

  test.each(roles)("%s: the outcome of every pair is written down", async (role) => {
    const lines: string[] = [];
    for (const kind of [...roleEvents, ...commonEvents]) {
      if (kind === "receive") continue;
      for (const event of sampleEvents[kind]) lines.push(`${eventText(event)}: ${outcome(role, event)}`);
    }
    for (const kind of messageKinds) {
      for (const [age, term] of [
        ["earlier", TERM - 1],
        ["same", TERM],
        ["later", TERM + 1],
      ] as const) {
        const message = sampleMessages[kind](term);
        lines.push(`${kind} of ${age} term: ${outcome(role, { kind: "receive", from: 2, message })}`);
      }
    }
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`transitions/${role}.txt`);
  });

  test("a completed write is taken by every role (S2)", () => {
    for (const role of roles) {
      const { cluster } = clusterIn(role);
      cluster.receive(NODE, 3, { kind: "readIndexResponse", term: TERM + 3, requestId: 0, readIndex: undefined });
      cluster.sync(NODE);
      expect(cluster.node(NODE).disk.writesUnderWay).toBe(0);
    }
  });

  test("a node does not write to itself", () => {
    const { cluster } = clusterIn("follower");
    expect(() => cluster.receive(NODE, NODE, { kind: "timeoutNowRequest", term: TERM })).toThrow("to itself");
  });
});

describe("SPEC.md names what the code has", () => {
  const spec = readFileSync(new URL("../SPEC.md", import.meta.url), "utf8");

  /** Words in backticks in the paragraph that starts so. */
  function named(start: string): readonly string[] {
    const paragraph = spec.split("\n\n").find((text) => text.startsWith(start)) ?? "";
    return [...paragraph.matchAll(/`(\w+)`/gu)].map(([, word]) => word ?? "");
  }

  test("roles", () => {
    const section = spec.slice(spec.indexOf("## 2. Roles"), spec.indexOf("## 3."));
    expect([...section.matchAll(/^\| `(\w+)`/gmu)].map(([, role]) => role)).toEqual(roles);
  });

  test("events", () => {
    expect([...named("Events:")].sort()).toEqual([...roleEvents, ...commonEvents].sort());
  });

  test("effects", () => {
    expect([...named("Effects:")].sort()).toEqual([...effects].sort());
  });

  test("invariants R1 to R12 and duties S1 to S6", () => {
    expect([...spec.matchAll(/^\| (R\d+)/gmu)].map(([, id]) => id)).toEqual(
      Array.from({ length: 12 }, (_, n) => `R${n + 1}`),
    );
    expect([...spec.matchAll(/^- \*\*(S\d)\*\*/gmu)].map(([, id]) => id)).toEqual(
      Array.from({ length: 6 }, (_, n) => `S${n + 1}`),
    );
  });
});
