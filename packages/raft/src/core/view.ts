import type { HardState, LogId, LogIndex, NodeId, StoredMembership } from "@aspenjs/api";
import type { Raft } from "./raft.ts";
import type { RoleKind } from "./role.ts";
import { quorumContactTick } from "./ticking.ts";

/** What may be known of a node from outside, copied: nothing in here leads back into the core. */
export interface RaftView {
  readonly nodeId: NodeId;
  readonly role: RoleKind;
  readonly hardState: HardState;
  readonly leader: NodeId | undefined;
  readonly last: LogId;
  readonly purged: LogId;
  readonly committed: LogIndex;
  readonly durable: LogIndex;
  readonly applied: LogIndex;
  readonly membership: StoredMembership;
  readonly leading: LeaderView | undefined;
}

export interface LeaderView {
  readonly termStart: LogIndex;
  readonly isTransferring: boolean;
  readonly quorumAckAgeTicks: number;
  readonly readsWaiting: number;
  readonly peers: readonly PeerView[];
}

export interface PeerView {
  readonly nodeId: NodeId;
  readonly matchIndex: LogIndex;
  readonly nextIndex: LogIndex;
  readonly flow: "probe" | "replicate" | "snapshot" | "lost";
  readonly contactAgeTicks: number;
}

export function describeRaft(raft: Raft): RaftView {
  return {
    nodeId: raft.nodeId,
    role: raft.role.kind,
    hardState: { term: raft.term, vote: raft.vote },
    leader: raft.leader,
    last: raft.log.last,
    purged: raft.log.purged,
    committed: raft.committed,
    durable: raft.durable,
    applied: raft.applied,
    membership: raft.memberships.effective,
    leading: describeLeader(raft),
  };
}

function describeLeader(raft: Raft): LeaderView | undefined {
  const leader = raft.role;
  if (leader.kind !== "leader") return undefined;
  return {
    termStart: leader.termStart,
    isTransferring: leader.transfer !== undefined,
    quorumAckAgeTicks: raft.now - quorumContactTick(raft, leader),
    readsWaiting: leader.reads.length,
    peers: [...leader.progress].map(([nodeId, progress]) => ({
      nodeId,
      matchIndex: progress.matchIndex,
      nextIndex: progress.nextIndex,
      flow: progress.flow.kind,
      contactAgeTicks: raft.now - progress.contactTick,
    })),
  };
}
