import type {
  CallOptions,
  ClusterController,
  KeyValueEntry,
  KeyValueStore,
  ReplicatedLog,
  SqlStore,
} from "@aspenjs/api";
import type { Codec, Namespace, ScanAllRequest, TypedStore } from "@aspenjs/api/views";
import type { IssueTicketOptions } from "./request-gate.ts";

/** A cluster, as far as the ticket lets its bearer see and change it. */
export interface AspenClient extends AsyncDisposable {
  readonly store: KeyValueStore;
  /** The same keys, and their leases, in SQL. */
  readonly sql: SqlStore;
  /** What was committed, entry by entry: for tools and exporters. */
  readonly log: ReplicatedLog;
  readonly cluster: ClusterController;
  readonly clusterId: string;
  /** The keys below `name/` as a store of their own. @throws AspenError `invalid_request` */
  namespace(name: string): Namespace;
  /** The store by the type of its values. */
  withCodec<Value>(codec: Codec<Value>): TypedStore<Value>;
  /** All entries of a scan, page by page as they are taken. The deadline is that of each page. */
  scanAll(request: ScanAllRequest, options?: CallOptions): AsyncGenerator<KeyValueEntry, void, void>;
  /** A client ticket for someone else. Needs a ticket with access `admin`. */
  issueTicket(options: IssueTicketOptions & CallOptions): Promise<string>;
  /** The text that makes a node a member. It holds the cluster secret. Needs a ticket with access `admin`. */
  joinTicket(options?: CallOptions): Promise<string>;
  /** Calls that are under way end with `shutting_down`. Harmless when repeated. */
  close(): Promise<void>;
}
