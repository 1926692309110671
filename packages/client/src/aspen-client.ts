import type { CallOptions, ClusterController, KeyValueStore, SqlStore } from "@aspenjs/api";
import type { IssueTicketOptions } from "./request-gate.ts";

/** A cluster, as far as the ticket lets its bearer see and change it. */
export interface AspenClient extends AsyncDisposable {
  readonly store: KeyValueStore;
  /** The same keys, and their leases, in SQL. */
  readonly sql: SqlStore;
  readonly cluster: ClusterController;
  readonly clusterId: string;
  /** A client ticket for someone else. Needs a ticket with access `admin`. */
  issueTicket(options: IssueTicketOptions & CallOptions): Promise<string>;
  /** The text that makes a node a member. It holds the cluster secret. Needs a ticket with access `admin`. */
  joinTicket(options?: CallOptions): Promise<string>;
  /** Calls that are under way end with `shutting_down`. Harmless when repeated. */
  close(): Promise<void>;
}
