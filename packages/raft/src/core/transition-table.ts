import { isVoter, type NodeId } from "@aspenjs/api";
import { answerPreVote, answerVote, countOwnVote, onPreVoteResponse, onVoteResponse } from "./campaign.ts";
import { bootstrap } from "./bootstrap.ts";
import { advanceCommit } from "./commit.ts";
import type { RaftEvent, RaftEventKind } from "./event.ts";
import { loseConnection } from "./failover.ts";
import { acceptAppend, acceptHeartbeat } from "./follower-log.ts";
import { changeMembership } from "./membership-change.ts";
import type { Message, MessageKind } from "./message.ts";
import { advanceMatch, startProbe } from "./progress.ts";
import type { Raft } from "./raft.ts";
import {
  acceptRead,
  confirmRound,
  forwardRead,
  onReadIndexRequest,
  onReadIndexResponse,
  refuseReadIndexRequest,
} from "./read-index.ts";
import { nudge, onAppendResponse } from "./replication.ts";
import type { Candidate, Follower, Leader, PreCandidate, Role, RoleKind } from "./role.ts";
import { becomeFollower } from "./stepping-down.ts";
import { campaignNow, takeOver, tickCandidate, tickFollower, tickLeader } from "./ticking.ts";
import { continueTransfer, startTransfer } from "./transfer.ts";

/** Events that a role answers itself. The others mean the same to every role and are handled before the table. */
export type RoleEventKind = Extract<
  RaftEventKind,
  | "tick"
  | "bootstrap"
  | "propose"
  | "changeMembership"
  | "transferLeadership"
  | "readIndex"
  | "persisted"
  | "peerDisconnected"
  | "sendDropped"
  | "snapshotSending"
  | "snapshotSent"
  | "campaign"
>;

type EventOf<Kind extends RaftEventKind> = Extract<RaftEvent, { readonly kind: Kind }>;
type MessageOf<Kind extends MessageKind> = Extract<Message, { readonly kind: Kind }>;
type RoleOf<Kind extends RoleKind> = Extract<Role, { readonly kind: Kind }>;

/** Every event and every message of the present term. No entry is optional: a new one compiles only when all answer. */
export type RoleHandlers<R extends Role> = {
  readonly events: { readonly [Kind in RoleEventKind]: (raft: Raft, role: R, event: EventOf<Kind>) => void };
  readonly messages: {
    readonly [Kind in MessageKind]: (raft: Raft, role: R, message: MessageOf<Kind>, from: NodeId) => void;
  };
};

export type TransitionTable = { readonly [Kind in RoleKind]: RoleHandlers<RoleOf<Kind>> };

/** Arrives too late to mean anything to this role: an answer to a question it no longer asks. */
function ignoreLate(): void {}

/** Means nothing to this role, and needs no answer. */
function ignore(): void {}

/** Two leaders in one term: what election safety excludes. Going on would corrupt data (R1). */
function refuseSecondLeader(raft: Raft, _role: Leader, message: Message, from: NodeId): void {
  raft.halt({ code: "corrupt", message: `node ${from} sent ${message.kind} as a second leader of term ${raft.term}` });
}

function refuseProposals(raft: Raft, _role: Role, event: EventOf<"propose">): void {
  for (const { token } of event.proposals) raft.refuse(token, "not_leader", "only a leader takes proposals");
}

function refuseNotLeader(raft: Raft, _role: Role, event: { readonly token: number }): void {
  raft.refuse(event.token, "not_leader", "only a leader does this");
}

function refuseInitialized(raft: Raft, _role: Role, event: EventOf<"bootstrap">): void {
  raft.refuse(event.token, "already_initialized", "this node has a history");
}

const follower: RoleHandlers<Follower> = {
  events: {
    tick: tickFollower,
    bootstrap: (raft, _role, event) => bootstrap(raft, event.token, event.membership),
    propose: refuseProposals,
    changeMembership: refuseNotLeader,
    transferLeadership: refuseNotLeader,
    readIndex: (raft, role, event) => forwardRead(raft, role, event.token),
    persisted: ignore,
    peerDisconnected: (raft, role, event) => loseConnection(raft, role, event.nodeId),
    sendDropped: ignore,
    snapshotSending: ignoreLate,
    snapshotSent: ignoreLate,
    campaign: (raft) => campaignNow(raft),
  },
  messages: {
    preVoteRequest: (raft, _role, message, from) => answerPreVote(raft, from, message),
    preVoteResponse: ignoreLate,
    voteRequest: (raft, _role, message, from) => answerVote(raft, from, message),
    voteResponse: ignoreLate,
    appendRequest: (raft, _role, message, from) => acceptAppend(raft, from, message),
    appendResponse: ignoreLate,
    heartbeatRequest: (raft, _role, message, from) => acceptHeartbeat(raft, from, message),
    heartbeatResponse: ignoreLate,
    timeoutNowRequest: (raft) => takeOver(raft),
    readIndexRequest: (raft, _role, message, from) => refuseReadIndexRequest(raft, from, message.requestId),
    readIndexResponse: (raft, role, message) => onReadIndexResponse(raft, role, message),
  },
};

const preCandidate: RoleHandlers<PreCandidate> = {
  events: {
    tick: tickCandidate,
    bootstrap: refuseInitialized,
    propose: refuseProposals,
    changeMembership: refuseNotLeader,
    transferLeadership: refuseNotLeader,
    readIndex: refuseNotLeader,
    persisted: ignore,
    peerDisconnected: ignore,
    sendDropped: ignore,
    snapshotSending: ignoreLate,
    snapshotSent: ignoreLate,
    campaign: ignore,
  },
  messages: {
    preVoteRequest: (raft, _role, message, from) => answerPreVote(raft, from, message),
    preVoteResponse: (raft, role, message, from) => onPreVoteResponse(raft, role, from, message),
    voteRequest: (raft, _role, message, from) => {
      // Someone else is further: its election is the one to decide.
      becomeFollower(raft, raft.term, undefined);
      answerVote(raft, from, message);
    },
    voteResponse: ignoreLate,
    appendRequest: (raft, _role, message, from) => acceptAppend(raft, from, message),
    appendResponse: ignoreLate,
    heartbeatRequest: (raft, _role, message, from) => acceptHeartbeat(raft, from, message),
    heartbeatResponse: ignoreLate,
    timeoutNowRequest: (raft) => takeOver(raft),
    readIndexRequest: (raft, _role, message, from) => refuseReadIndexRequest(raft, from, message.requestId),
    readIndexResponse: ignoreLate,
  },
};

const candidate: RoleHandlers<Candidate> = {
  events: {
    tick: tickCandidate,
    bootstrap: refuseInitialized,
    propose: refuseProposals,
    changeMembership: refuseNotLeader,
    transferLeadership: refuseNotLeader,
    readIndex: refuseNotLeader,
    persisted: (raft, role, event) => countOwnVote(raft, role, event.sequence),
    peerDisconnected: ignore,
    sendDropped: ignore,
    snapshotSending: ignoreLate,
    snapshotSent: ignoreLate,
    campaign: ignore,
  },
  messages: {
    preVoteRequest: (raft, _role, message, from) => answerPreVote(raft, from, message),
    preVoteResponse: ignoreLate,
    voteRequest: (raft, _role, message, from) => answerVote(raft, from, message),
    voteResponse: (raft, role, message, from) => onVoteResponse(raft, role, from, message),
    appendRequest: (raft, _role, message, from) => acceptAppend(raft, from, message),
    appendResponse: ignoreLate,
    heartbeatRequest: (raft, _role, message, from) => acceptHeartbeat(raft, from, message),
    heartbeatResponse: ignoreLate,
    timeoutNowRequest: ignore,
    readIndexRequest: (raft, _role, message, from) => refuseReadIndexRequest(raft, from, message.requestId),
    readIndexResponse: ignoreLate,
  },
};

const leader: RoleHandlers<Leader> = {
  events: {
    tick: tickLeader,
    bootstrap: refuseInitialized,
    propose: (raft, role, event) => {
      // A leader that has written itself out of the cluster takes nothing that only its successor could commit.
      const isLeaving = role.transfer !== undefined || !isVoter(raft.membership, raft.nodeId);
      for (const { token, payload } of event.proposals) {
        if (isLeaving) raft.refuse(token, "transferring", "leadership is being handed over");
        else raft.emit({ kind: "proposed", token, logId: raft.append(payload) });
      }
    },
    changeMembership: (raft, role, event) => changeMembership(raft, role, event.token, event.target),
    transferLeadership: (raft, role, event) => startTransfer(raft, role, event.token, event.target),
    readIndex: (raft, role, event) => {
      const { lease } = raft.config;
      if (event.mode === "lease" && lease.kind === "disabled") {
        raft.refuse(event.token, "lease_disabled", "leader leases are not enabled");
      } else acceptRead(raft, role, { kind: "local", token: event.token }, event.mode);
    },
    persisted: (raft, role) => {
      advanceCommit(raft, role);
      if (raft.role === role) continueTransfer(raft, role);
    },
    peerDisconnected: (raft, role, event) => {
      const progress = role.progress.get(event.nodeId);
      if (progress !== undefined && progress.flow.kind !== "snapshot") startProbe(progress, raft.now, true);
    },
    sendDropped: (raft, role, event) => {
      const progress = role.progress.get(event.nodeId);
      // Full queues do not empty faster for being filled again: the next heartbeat's answer wakes the probe.
      if (progress?.flow.kind === "replicate") startProbe(progress, raft.now, true);
    },
    snapshotSending: (_raft, role, event) => {
      const progress = role.progress.get(event.to);
      if (progress?.flow.kind === "snapshot") progress.flow.lastIncluded = event.lastIncluded.index;
    },
    snapshotSent: (raft, role, event) => {
      const progress = role.progress.get(event.to);
      if (progress?.flow.kind !== "snapshot") return;
      if (event.matched !== undefined) advanceMatch(progress, event.matched, raft.now);
      // After a failure the next heartbeat's answer starts again; a dead follower is not asked over and over.
      startProbe(progress, raft.now, event.matched === undefined);
      advanceCommit(raft, role);
      if (raft.role === role) continueTransfer(raft, role);
    },
    campaign: ignore,
  },
  messages: {
    preVoteRequest: (raft, _role, message, from) => answerPreVote(raft, from, message),
    preVoteResponse: ignoreLate,
    voteRequest: (raft, _role, message, from) => answerVote(raft, from, message),
    voteResponse: ignoreLate,
    appendRequest: refuseSecondLeader,
    appendResponse: (raft, role, message, from) => onAppendResponse(raft, role, from, message),
    heartbeatRequest: refuseSecondLeader,
    heartbeatResponse: (raft, role, message, from) => {
      const progress = role.progress.get(from);
      if (progress === undefined) return;
      progress.contactTick = raft.now;
      nudge(raft, progress);
      confirmRound(raft, role, progress, message.round);
    },
    timeoutNowRequest: ignore,
    readIndexRequest: (raft, role, message, from) => onReadIndexRequest(raft, role, from, message),
    readIndexResponse: ignoreLate,
  },
};

export const transitionTable: TransitionTable = { follower, preCandidate, candidate, leader };
