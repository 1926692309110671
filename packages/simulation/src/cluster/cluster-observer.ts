import type {
  CommandResult,
  HardState,
  KeyValueStateMachine,
  LogEntry,
  LogId,
  LogIndex,
  LogWriteBatch,
  NodeId,
  NodeRole,
  SnapshotMeta,
  StoredMembership,
  Term,
} from "@aspenjs/api";
import type { Message } from "@aspenjs/raft";
import type { RecordedCall } from "../workload/recorded-call.ts";

/** What can be seen of a node while it runs. Everything is told as it happens, within the event in which it does. */
export interface ClusterObserver {
  readonly name: string;
  onStarted?(nodeId: NodeId, start: NodeStart): void;
  onRole?(nodeId: NodeId, role: NodeRole, term: Term): void;
  /** Handed to the log store, not durable yet. `previous` is the id of the entry in front of the batch's entries. */
  onLogWrite?(nodeId: NodeId, batch: LogWriteBatch, previous: LogId): void;
  /** Everything handed over up to this batch is durable. */
  onLogDurable?(nodeId: NodeId, batch: LogWriteBatch): void;
  /** The log became empty behind `to`: a snapshot stands for it. */
  onLogReset?(nodeId: NodeId, to: LogId): void;
  onMembership?(nodeId: NodeId, stored: StoredMembership): void;
  /** Just applied, in log order; `machine` is as after it. */
  onApplied?(nodeId: NodeId, entry: LogEntry, result: CommandResult | undefined, machine: KeyValueStateMachine): void;
  /** A message of consensus leaves, or would have but for the network. */
  onMessage?(nodeId: NodeId, to: NodeId, message: Message): void;
  onSnapshotInstalled?(nodeId: NodeId, meta: SnapshotMeta, machine: KeyValueStateMachine): void;
  /** Its machine is gone for good. */
  onLost?(nodeId: NodeId): void;
  /** A call of a client has ended, or never will. */
  onCall?(call: RecordedCall): void;
}

/** What a node found on its disks when it started. */
export interface NodeStart {
  readonly hardState: HardState;
  readonly last: LogId;
  readonly purged: LogId;
  readonly committed: LogIndex;
  readonly applied: LogId;
  readonly entries: readonly LogEntry[];
}
