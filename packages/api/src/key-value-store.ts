import type { CallOptions } from "./call-options.ts";
import type { LeaseId, LeaseStatus } from "./lease.ts";
import type { GetLeaseRequest, GetLeaseResult, ListLeasesRequest, ListLeasesResult } from "./lease-read.ts";
import type { GetMultiRequest, GetMultiResult, GetRequest, GetResult, ScanRequest, ScanResult } from "./read.ts";
import type { Watch, WatchRequest } from "./watch.ts";
import type { WriteCommand, WriteResultOf } from "./write-command.ts";

/**
 * A linearizable key-value store. Keys order by their UTF-8 bytes.
 * Every method rejects with `AspenError` and nothing else, unless it meets a bug.
 */
export interface KeyValueStore {
  /** Takes effect exactly once, however often the store has to retry on the way. */
  write<Command extends WriteCommand>(command: Command, options?: CallOptions): Promise<WriteResultOf<Command>>;
  get(request: GetRequest, options?: CallOptions): Promise<GetResult>;
  getMulti(request: GetMultiRequest, options?: CallOptions): Promise<GetMultiResult>;
  scan(request: ScanRequest, options?: CallOptions): Promise<ScanResult>;
  /**
   * Gives the lease its whole time again, counted from when this is called. Costs less than a write: those of many
   * callers share one entry of the log. Rejects with `not_found` when the lease has ended.
   */
  keepLeaseAlive(leaseId: LeaseId, options?: CallOptions): Promise<LeaseStatus>;
  getLease(request: GetLeaseRequest, options?: CallOptions): Promise<GetLeaseResult>;
  listLeases(request?: ListLeasesRequest, options?: CallOptions): Promise<ListLeasesResult>;
  /**
   * Resolves once the watch has begun: whatever is written after that will be told. The deadline is that of beginning;
   * the signal ends the watch at any time. Rejects with `compacted` (details: `firstRevision`) when `fromRevision` is no
   * longer kept.
   */
  watch(request: WatchRequest, options?: CallOptions): Promise<Watch>;
}
