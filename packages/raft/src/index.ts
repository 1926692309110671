/**
 * Raft consensus: a pure, deterministic core (`RaftCore`: events in, effects out) and a shell (`RaftNode`) that runs it
 * over a log store, a state machine and a transport. SPEC.md in this package says what is promised.
 * @packageDocumentation
 */
export { assertRaftConfig, RAFT_CONFIG_DEFAULTS } from "./core/config.ts";
export { RaftCore } from "./core/raft-core.ts";
export { createRaftNode, RaftNode } from "./node/raft-node.ts";
export { raftOptionsProblem } from "./node/raft-node-options.ts";
export { decodeMessage, encodeMessage } from "./wire/message-codec.ts";

export type { RaftConfig } from "./core/config.ts";
export type { Effect, LogOperation, RefusalReason } from "./core/effect.ts";
export type { MembershipTarget, Proposal, RaftEvent, Token } from "./core/event.ts";
export type { AppendOutcome, Message, MessageKind } from "./core/message.ts";
export type { LogReader } from "./core/raft-log.ts";
export type { RaftStart } from "./core/raft.ts";
export type { RoleKind } from "./core/role.ts";
export type { LeaderView, PeerView, RaftView } from "./core/view.ts";
export type { CommittedRead } from "./node/committed-log.ts";
export type { RaftFailure, RaftListener, RaftNodeDeps, RaftNodeOptions, RaftPeers } from "./node/raft-node-options.ts";
export type { CreateRaftNodeOutcome } from "./node/raft-node.ts";
export type { ReadMode } from "./node/read-table.ts";
