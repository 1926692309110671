import type { NodeId } from "@aspenjs/api";
import type { Token } from "./event.ts";
import type { Raft } from "./raft.ts";
import type { Leader } from "./role.ts";
import { becomeFollower } from "./stepping-down.ts";

/**
 * Hands leadership over (section 3.10): no more proposals, no more lease, wait until the target holds the whole log,
 * tell it to campaign. If it does not lead within an election timeout, this leader goes on.
 */
export function startTransfer(raft: Raft, leader: Leader, token: Token, wanted: NodeId | undefined): void {
  if (leader.transfer !== undefined) return raft.refuse(token, "transferring", "a transfer is under way already");
  const target = wanted ?? mostUpToDateVoter(raft, leader);
  if (target === undefined) return raft.refuse(token, "not_a_voter", "there is no other voter");
  if (target === raft.nodeId) return raft.refuse(token, "not_a_voter", "the target leads already");
  if (!raft.membership.voters.includes(target)) return raft.refuse(token, "not_a_voter", "the target is not a voter");
  leader.transfer = { token, target, deadlineTick: raft.now + raft.config.electionTicksMax, isSent: false };
  continueTransfer(raft, leader);
}

/** Sends the word as soon as the target has everything. */
export function continueTransfer(raft: Raft, leader: Leader): void {
  const transfer = leader.transfer;
  if (transfer === undefined || transfer.isSent) return;
  if (leader.progress.get(transfer.target)?.matchIndex !== raft.log.last.index) return;
  transfer.isSent = true;
  leader.isLeaseForfeited = true;
  raft.send(transfer.target, { kind: "timeoutNowRequest", term: raft.term });
}

export function expireTransfer(raft: Raft, leader: Leader): void {
  const transfer = leader.transfer;
  if (transfer === undefined || raft.now < transfer.deadlineTick) return;
  leader.transfer = undefined;
  if (transfer.token !== undefined) {
    raft.refuse(transfer.token, "interrupted", "the target did not take over in time");
  }
}

/** This node is no voter any more: let the best voter campaign at once instead of waiting for a timeout. */
export function handOverBeforeLeaving(raft: Raft, leader: Leader): void {
  const heir = mostUpToDateVoter(raft, leader);
  if (heir !== undefined) raft.send(heir, { kind: "timeoutNowRequest", term: raft.term });
  becomeFollower(raft, raft.term, undefined);
}

function mostUpToDateVoter(raft: Raft, leader: Leader): NodeId | undefined {
  let best: NodeId | undefined;
  let bestMatch = -1;
  for (const nodeId of raft.membership.voters) {
    const matchIndex = leader.progress.get(nodeId)?.matchIndex;
    if (matchIndex !== undefined && matchIndex > bestMatch) {
      best = nodeId;
      bestMatch = matchIndex;
    }
  }
  return best;
}
