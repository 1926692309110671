import { assert, unreachable, type LogIndex, type NodeId, type Random } from "@aspenjs/api";
import { trustsLeader } from "./campaign.ts";
import type { RaftConfig } from "./config.ts";
import { dueTick } from "./due-tick.ts";
import type { Effect } from "./effect.ts";
import type { RaftEvent } from "./event.ts";
import { adoptSnapshot, compact, decideSnapshot } from "./follower-log.ts";
import { assertRaft } from "./invariants.ts";
import type { Message } from "./message.ts";
import { Raft, type RaftStart } from "./raft.ts";
import { openReadRound } from "./read-index.ts";
import { replicate } from "./replication.ts";
import type { Role } from "./role.ts";
import { becomeFollower } from "./stepping-down.ts";
import { transitionTable, type RoleEventKind, type RoleHandlers } from "./transition-table.ts";
import { describeRaft, type RaftView } from "./view.ts";

/**
 * One node's part in consensus: a synchronous machine, event in, effects out. It knows no clock, no disk, no network
 * and no promise; what it needs of them arrives as events, and what it wants of them leaves as effects.
 *
 * Role: the whole of Raft but the input and output. Boundary: the shell owns ports, callers and time, and has six
 * duties (S1 to S6 in SPEC.md). Invariants: R1 to R12 in SPEC.md, asserted after every step.
 */
export class RaftCore {
  readonly #raft: Raft;
  #isInStep = false;

  constructor(config: RaftConfig, random: Random, start: RaftStart) {
    this.#raft = new Raft(config, random, start);
    assertRaft(this.#raft);
  }

  get view(): RaftView {
    return describeRaft(this.#raft);
  }

  /** How many ticks must pass, unless something else happens, before one of them makes this node do anything: 1 or more. */
  get ticksUntilDue(): number {
    return Math.max(1, dueTick(this.#raft) - this.#raft.now);
  }

  /** Takes events in order and says what to do about them, writes first. One call per turn keeps messages few. */
  step(events: readonly RaftEvent[]): readonly Effect[] {
    assert(!this.#isInStep, "a step does not run within a step");
    this.#isInStep = true;
    const raft = this.#raft;
    for (const event of events) take(raft, event);
    if (raft.role.kind === "leader") {
      openReadRound(raft, raft.role);
      replicate(raft, raft.role);
    }
    emitApply(raft);
    const persists = raft.writes.take();
    if (persists.length > 0) raft.writeStalledSinceTick ??= raft.now;
    const effects = [...persists, ...raft.takeEffects()];
    assertRaft(raft);
    this.#isInStep = false;
    return effects;
  }
}

function take(raft: Raft, event: RaftEvent): void {
  switch (event.kind) {
    case "receive":
      return receive(raft, event.from, event.message);
    case "applied":
      return noteApplied(raft, event.index);
    case "stateDurable":
      return compact(raft, event.through);
    case "snapshotOffered":
      if (event.term > raft.term) becomeFollower(raft, event.term, undefined);
      return decideSnapshot(raft, event.from, event.token, event.term, event.lastIncluded);
    case "snapshotInstalled":
      return adoptSnapshot(raft, event.lastIncluded, event.membership);
    case "persisted":
      notePersisted(raft, event.sequence);
      return dispatch(raft, event);
    case "tick":
      raft.now += event.elapsedTicks;
      return dispatch(raft, event);
    case "bootstrap":
    case "propose":
    case "changeMembership":
    case "transferLeadership":
    case "readIndex":
    case "snapshotSending":
    case "snapshotSent":
    case "peerDisconnected":
    case "sendDropped":
    case "campaign":
      return dispatch(raft, event);
    default:
      return unreachable(event);
  }
}

/** Terms first, for every role alike (section 3.3); what passes is of this term and goes to the table. */
function receive(raft: Raft, from: NodeId, message: Message): void {
  assert(from !== raft.nodeId, "a node does not write to itself");
  if (message.kind === "preVoteRequest") return dispatchMessage(raft, from, message);
  if (message.term > raft.term) {
    const isElection = message.kind === "voteRequest";
    // Who hears a leader does not even learn the new term: the sender will hear that leader too (section 4.2.3).
    if (isElection && !message.isTransfer && trustsLeader(raft)) return;
    becomeFollower(raft, message.term, undefined);
  }
  // A voter in an earlier term grants as well as any; which question it answers, the campaign number says.
  if (message.kind !== "preVoteResponse" && message.term < raft.term) return answerStale(raft, from, message);
  dispatchMessage(raft, from, message);
}

/** A question of an earlier term: the answer carries this term, from which the sender learns that it is behind. */
function answerStale(raft: Raft, from: NodeId, message: Message): void {
  switch (message.kind) {
    case "voteRequest":
      return raft.reply(from, { kind: "voteResponse", term: raft.term, isGranted: false });
    case "appendRequest":
    case "heartbeatRequest":
      return raft.reply(from, { kind: "heartbeatResponse", term: raft.term, round: 0 });
    case "readIndexRequest":
      return raft.reply(from, {
        kind: "readIndexResponse",
        term: raft.term,
        requestId: message.requestId,
        readIndex: undefined,
      });
    case "preVoteRequest":
    case "preVoteResponse":
    case "voteResponse":
    case "appendResponse":
    case "heartbeatResponse":
    case "timeoutNowRequest":
    case "readIndexResponse":
      return;
    default:
      return unreachable(message);
  }
}

/** The table pairs each role with handlers for that role; the compiler cannot follow the pairing through the lookup. */
function handlersOf(role: Role): RoleHandlers<Role> {
  return transitionTable[role.kind] as unknown as RoleHandlers<Role>;
}

function dispatch(raft: Raft, event: Extract<RaftEvent, { readonly kind: RoleEventKind }>): void {
  const handle = handlersOf(raft.role).events[event.kind] as (raft: Raft, role: Role, event: RaftEvent) => void;
  handle(raft, raft.role, event);
}

function dispatchMessage(raft: Raft, from: NodeId, message: Message): void {
  const handle = handlersOf(raft.role).messages[message.kind] as (
    raft: Raft,
    role: Role,
    message: Message,
    from: NodeId,
  ) => void;
  handle(raft, raft.role, message, from);
}

function notePersisted(raft: Raft, sequence: number): void {
  const durable = raft.writes.complete(sequence);
  if (durable !== undefined) raft.durable = Math.max(raft.durable, durable.index);
  raft.writeStalledSinceTick = raft.writes.hasOutstanding ? raft.now : undefined;
}

function noteApplied(raft: Raft, index: LogIndex): void {
  assert(index <= raft.applying, "nothing is applied before it was handed out (R5)");
  raft.applied = Math.max(raft.applied, index);
}

/** Only what is committed and durable here is applied (R5). */
function emitApply(raft: Raft): void {
  const through = Math.min(raft.committed, raft.durable);
  if (through <= raft.applying) return;
  raft.applying = through;
  raft.emit({ kind: "apply", through });
}
