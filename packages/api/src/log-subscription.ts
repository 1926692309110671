import type { CallOptions } from "./call-options.ts";
import type { LogIndex } from "./log-id.ts";
import type { LogRecord } from "./log-record.ts";

export interface LogSubscriptionRequest {
  /** The first entry to hear of. Default: the one behind all that is committed when the subscription begins. */
  readonly fromIndex?: LogIndex;
  /**
   * Tell only what is said of keys that start with one of these, up to 16. Entries of which nothing remains are left
   * out, and with them all that name no keys: sessions, leases, memberships. Default: everything that the ticket reaches.
   */
  readonly keyPrefixes?: readonly string[];
  /** While there is nothing to tell, say so about this often. Default: never. */
  readonly progressEveryMs?: number;
}

/** Whole entries in log order. Without any it is a notice of progress. */
export interface LogBatch {
  readonly records: readonly LogRecord[];
  /** Everything up to here has been told: whoever subscribes again begins with the next index. */
  readonly throughIndex: LogIndex;
  /** What the node that tells knew to be committed. */
  readonly committedIndex: LogIndex;
}

/**
 * Committed entries in order, each once, from `fromIndex` on, whichever node tells them. Ends when it is closed, or by
 * rejecting: with `lagged` (details: `lastIndex`) when the subscriber fell behind what the nodes still have in their logs,
 * `timeout` when its signal says so, `shutting_down` when its client is closed. Has one reader at a time.
 */
export interface LogSubscription extends AsyncIterable<LogBatch, undefined>, AsyncDisposable {
  readonly fromIndex: LogIndex;
  /** Harmless when repeated. What has been told and not read is dropped. */
  close(): Promise<void>;
}

/** The replicated log, as those see it who may read. */
export interface ReplicatedLog {
  /**
   * Resolves once the subscription has begun: whatever is committed after that will be told. The deadline is that of
   * beginning; the signal ends the subscription at any time.
   * @throws AspenError `index_not_available` (details: `firstIndex`): no node that could be asked still has that entry;
   * `forbidden`: a prefix lies outside of those of the ticket; `invalid_request`
   */
  subscribe(request?: LogSubscriptionRequest, options?: CallOptions): Promise<LogSubscription>;
}
