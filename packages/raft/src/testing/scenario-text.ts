import type { LogEntry, LogId, Membership } from "@aspenjs/api";
import type { Effect } from "../core/effect.ts";
import type { Message } from "../core/message.ts";
import type { RaftView } from "../core/view.ts";

/** How effects, messages and states read in a scenario: one line each, terse, stable. Log ids read `index.term`. */
export function logIdText(logId: LogId): string {
  return `${logId.index}.${logId.term}`;
}

export function membershipText(membership: Membership): string {
  const outgoing = membership.outgoingVoters.length > 0 ? `&${membership.outgoingVoters.join(",")}` : "";
  const learners = membership.learners.length > 0 ? ` learners ${membership.learners.join(",")}` : "";
  return `voters ${membership.voters.join(",")}${outgoing}${learners}`;
}

export function entryText(entry: LogEntry): string {
  const id = logIdText(entry);
  switch (entry.payload.kind) {
    case "blank":
      return `${id} blank`;
    case "command":
      return `${id} "${new TextDecoder().decode(entry.payload.command)}"`;
    case "membership":
      return `${id} (${membershipText(entry.payload.membership)})`;
  }
}

export function messageText(message: Message): string {
  const head = `${message.kind} term ${message.term}`;
  switch (message.kind) {
    case "preVoteRequest":
      return `${head} last ${logIdText(message.last)}`;
    case "voteRequest":
      return `${head} last ${logIdText(message.last)}${message.isTransfer ? " transfer" : ""}`;
    case "preVoteResponse":
    case "voteResponse":
      return `${head} ${message.isGranted ? "granted" : "refused"}`;
    case "appendRequest": {
      const entries = message.entries.map(entryText).join(", ");
      const round = `commit ${message.committed} round ${message.round}`;
      return `${head} #${message.sequence} previous ${logIdText(message.previous)} [${entries}] ${round}`;
    }
    case "appendResponse": {
      const { outcome } = message;
      const answer =
        outcome.kind === "matched"
          ? `matched ${outcome.index}`
          : `conflict at ${outcome.previousIndex} hint ${logIdText(outcome.hint)}`;
      return `${head} #${message.sequence} ${answer} round ${message.round}`;
    }
    case "heartbeatRequest":
      return `${head} commit ${message.committed} round ${message.round}`;
    case "heartbeatResponse":
      return `${head} round ${message.round}`;
    case "timeoutNowRequest":
      return head;
    case "readIndexRequest":
      return `${head} request ${message.requestId}`;
    case "readIndexResponse":
      return `${head} request ${message.requestId} index ${message.readIndex ?? "none"}`;
  }
}

export function effectText(effect: Effect): string {
  switch (effect.kind) {
    case "persist":
      return `persist #${effect.sequence} ${operationText(effect.operation)}`;
    case "send":
      return `send ${effect.to}: ${messageText(effect.message)}${effect.after > 0 ? ` after #${effect.after}` : ""}`;
    case "apply":
      return `apply through ${effect.through}`;
    case "proposed":
      return `proposed ${effect.token} at ${logIdText(effect.logId)}`;
    case "refused":
      return `refused ${effect.token}: ${effect.reason}, leader ${effect.leader ?? "none"} (${effect.detail})`;
    case "readReady":
      return `read ${effect.token} ready at ${effect.readIndex}`;
    case "decideSnapshot":
      return `snapshot ${effect.isWanted ? "wanted" : "not wanted"}, matched ${effect.matched}`;
    case "sendSnapshot":
      return `send snapshot to ${effect.to}`;
    case "roleChanged":
      return `becomes ${effect.role} term ${effect.term} leader ${effect.leader ?? "none"}`;
    case "membershipChanged":
      return `membership ${logIdText(effect.membership.logId)} ${membershipText(effect.membership.membership)}`;
    case "membershipCommitted":
      return `membership committed ${logIdText(effect.membership.logId)}`;
    case "peerLostData":
      return `peer ${effect.nodeId} lost data, acknowledged ${effect.acknowledged}`;
    case "halt":
      return `halt: ${effect.fault.code}: ${effect.fault.message}`;
  }
}

function operationText(operation: Extract<Effect, { readonly kind: "persist" }>["operation"]): string {
  switch (operation.kind) {
    case "purge":
      return `purge through ${logIdText(operation.through)}`;
    case "reset":
      return `reset to ${logIdText(operation.to)}`;
    case "write": {
      const { hardState, truncateFrom, entries } = operation.batch;
      return [
        ...(hardState === undefined ? [] : [`term ${hardState.term} vote ${hardState.vote ?? "none"}`]),
        ...(truncateFrom === undefined ? [] : [`truncate from ${truncateFrom}`]),
        ...(entries.length === 0 ? [] : [`[${entries.map(entryText).join(", ")}]`]),
      ].join(" ");
    }
  }
}

export function viewText(view: RaftView): string {
  const { term, vote } = view.hardState;
  const indexes = `applied ${view.applied} commit ${view.committed} durable ${view.durable} last ${logIdText(view.last)}`;
  const head = `${view.nodeId} ${view.role} term ${term} vote ${vote ?? "none"} leader ${view.leader ?? "none"} ${indexes}`;
  const peers = view.leading?.peers.map((peer) => `${peer.nodeId}:${peer.flow}@${peer.matchIndex}/${peer.nextIndex}`);
  return peers === undefined ? head : `${head} peers ${peers.join(" ")}`;
}
