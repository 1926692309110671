import {
  assert,
  isVoter,
  type EntryPayload,
  type HardState,
  type LogId,
  type LogIndex,
  type LogState,
  type Membership,
  type NodeId,
  type Random,
  type StorageFault,
  type StoredMembership,
  type Term,
  type TermRun,
} from "@aspenjs/api";
import { assertRaftConfig, type RaftConfig } from "./config.ts";
import type { Effect, RefusalReason } from "./effect.ts";
import type { Token } from "./event.ts";
import { MembershipHistory } from "./membership-history.ts";
import type { Message } from "./message.ts";
import { RaftLog, type LogReader } from "./raft-log.ts";
import type { Follower, Leader, Role } from "./role.ts";
import { WriteQueue } from "./write-queue.ts";

/** What a node knows when it starts, put together by the shell from log store and state machine. */
export interface RaftStart {
  readonly log: LogState;
  readonly termRuns: readonly TermRun[];
  readonly reader: LogReader;
  readonly applied: LogId;
  /** The membership at `applied`, then every one in the log behind it, ascending. */
  readonly memberships: readonly StoredMembership[];
}

const RANDOM_BOUND = 2 ** 32;
/** Room to count in before the next stride begins; the sum stays below 2^53. */
const COUNTER_STRIDE = 2 ** 20;

/** A follower's way from the loss of its leader's connection to the next leader, see `failover.ts`. */
export interface Failover {
  readonly lostLeader: NodeId;
  /** Range of the next delay. */
  ticksMax: number;
}

/**
 * The state of one node and the few changes that every part of the algorithm shares. The algorithm itself lives in the
 * files beside this one, one noun each; `RaftCore` is the way in.
 */
export class Raft {
  readonly config: RaftConfig;
  readonly random: Random;
  readonly log: RaftLog;
  readonly writes: WriteQueue;
  readonly memberships: MembershipHistory;
  role: Role;
  now = 0;
  /**
   * When a leader was last heard; minus infinity when never, or when its connection broke. It outlives roles and terms:
   * votes are refused for a while after it (section 4.2.3), and leases rest on that.
   */
  contactTick: number;
  /** From the loss of a leader's connection until somebody leads, or patience is the ordinary one again. */
  failover: Failover | undefined;
  /** Everything up to here is committed as far as this node knows. Never decreases (R3). */
  committed: LogIndex;
  /** Everything up to here is durable here. Falls only when a leader overwrites what was never committed. */
  durable: LogIndex;
  /** The state machine was told to apply up to here. */
  applying: LogIndex;
  /** The state machine has applied up to here. */
  applied: LogIndex;
  /** The state machine's state up to here survives a power cut: the log up to here may go. */
  stateDurable: LogIndex;
  /** Counts this node's pre-votes and forwarded reads, so that late answers are told apart. */
  campaigns: number;
  readRequests: number;
  /** When the oldest write that is still under way was handed out; `undefined` when none is. */
  writeStalledSinceTick: number | undefined;
  #hardState: HardState;
  #effects: Effect[] = [];

  constructor(config: RaftConfig, random: Random, start: RaftStart) {
    assertRaftConfig(config);
    assert(start.applied.index <= start.log.last.index, "the log reaches as far as the state machine (S6)");
    assert(start.log.purged.index <= start.applied.index, "what was purged was applied (S6)");
    this.config = config;
    this.random = random;
    this.log = new RaftLog(start.reader, start.log, start.termRuns);
    this.writes = new WriteQueue(this.log);
    this.memberships = new MembershipHistory(start.memberships);
    this.#hardState = start.log.hardState;
    if (start.log.last.term > this.term) {
      // A snapshot of a later term was installed, and the power went before that term was durable here. Whatever this
      // node would have promised in that term waited for it, so nothing was promised.
      this.setHardState(start.log.last.term, undefined);
    }
    this.durable = start.log.last.index;
    this.committed = Math.min(Math.max(start.log.committed, start.applied.index), start.log.last.index);
    this.applying = start.applied.index;
    this.applied = start.applied.index;
    // What the state machine shows after a restart may still be unsynced; what was purged was not.
    this.stateDurable = start.log.purged.index;
    this.memberships.commit(this.committed);
    // Far from where an earlier life of this node may have counted: an answer to it must not pass for one to this.
    this.campaigns = random.below(RANDOM_BOUND) * COUNTER_STRIDE;
    this.readRequests = random.below(RANDOM_BOUND) * COUNTER_STRIDE;
    // A voter that trusted a lease before it restarted must not break it now: it waits as if it had heard the leader.
    this.contactTick = config.lease.kind === "enabled" ? 0 : Number.NEGATIVE_INFINITY;
    this.role = this.firstRole();
  }

  get nodeId(): NodeId {
    return this.config.nodeId;
  }

  get term(): Term {
    return this.#hardState.term;
  }

  get vote(): NodeId | undefined {
    return this.#hardState.vote;
  }

  /** The membership in force: the latest in the log, committed or not (R7). */
  get membership(): Membership {
    return this.memberships.effective.membership;
  }

  get leader(): NodeId | undefined {
    if (this.role.kind === "leader") return this.nodeId;
    return this.role.kind === "follower" ? this.role.leader : undefined;
  }

  /**
   * Whether this node may stand for election. A node whose disk stalls, or that left, must not. One that leaves with an
   * entry that is not committed yet still may: it can be the only one that is able to commit it (section 4.2.2).
   */
  isPromotable(): boolean {
    const { logId, membership } = this.memberships.effective;
    const before = logId.index > this.committed ? this.memberships.at(logId.index - 1).membership : membership;
    const isElectable = isVoter(membership, this.nodeId) || isVoter(before, this.nodeId);
    return isElectable && !this.isWriteStalled();
  }

  isWriteStalled(): boolean {
    return (
      this.writeStalledSinceTick !== undefined && this.now - this.writeStalledSinceTick > this.config.electionTicksMax
    );
  }

  /** A later term, or this term's one vote. The record is durable before anything that follows from it leaves (R1). */
  setHardState(term: Term, vote: NodeId | undefined): void {
    const before = this.#hardState;
    assert(term >= before.term, "terms never decrease (R1)");
    if (term === before.term) assert(before.vote === undefined || before.vote === vote, "one vote per term (R1)");
    if (term === before.term && vote === before.vote) return;
    this.#hardState = { term, vote };
    this.writes.setHardState(this.#hardState);
  }

  /** Puts an entry behind the log. A membership counts at once. */
  append(payload: EntryPayload): LogId {
    const logId = this.log.append(this.term, payload);
    this.noteAppended(logId, payload);
    return logId;
  }

  noteAppended(logId: LogId, payload: EntryPayload): void {
    this.writes.noteAppended();
    if (payload.kind !== "membership") return;
    const stored = { logId, membership: payload.membership };
    this.memberships.append(stored);
    this.emit({ kind: "membershipChanged", membership: stored });
  }

  /** Takes back what was never committed. */
  truncate(from: LogIndex): void {
    assert(from > this.committed, "what is committed is never truncated (R3)");
    this.log.truncate(from);
    this.writes.noteTruncated(from);
    this.durable = Math.min(this.durable, from - 1);
    if (this.memberships.truncate(from)) {
      this.emit({ kind: "membershipChanged", membership: this.memberships.effective });
    }
  }

  drawElectionTicks(): number {
    const { electionTicksMin, electionTicksMax } = this.config;
    return electionTicksMin + this.random.below(electionTicksMax - electionTicksMin + 1);
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  /** For promises: waits until this node's term and vote are durable. */
  reply(to: NodeId, message: Message): void {
    this.emit({ kind: "send", to, message, after: this.writes.hardStateSequenceToAwait() });
  }

  /** For acknowledgements of entries: waits until everything up to now is durable. */
  replyWhenDurable(to: NodeId, message: Message): void {
    this.emit({ kind: "send", to, message, after: this.writes.sequenceToAwait() });
  }

  /** For a leader's own traffic: its term is durable since before its election. */
  send(to: NodeId, message: Message): void {
    this.emit({ kind: "send", to, message, after: 0 });
  }

  refuse(token: Token, reason: RefusalReason, detail: string): void {
    this.emit({ kind: "refused", token, reason, detail, leader: this.leader });
  }

  halt(fault: StorageFault): void {
    this.emit({ kind: "halt", fault });
  }

  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Narrowing for handlers that only one role reaches. */
  asLeader(): Leader {
    assert(this.role.kind === "leader", "this node leads");
    return this.role;
  }

  private firstRole(): Follower {
    const { voters, outgoingVoters } = this.membership;
    const isAlone = voters.length === 1 && outgoingVoters.length === 0 && voters[0] === this.nodeId;
    const electionTicks = isAlone ? 1 : this.drawElectionTicks();
    return {
      kind: "follower",
      leader: undefined,
      electionTicks,
      electionTick: electionTicks,
      reads: new Map(),
    };
  }
}
