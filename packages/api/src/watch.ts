import type { KeyValueEntry, Revision } from "./key-value-entry.ts";
import type { KeyRange } from "./read.ts";

/** What became of one key at one revision. */
export type KeyChange =
  | {
      readonly kind: "put";
      readonly entry: KeyValueEntry;
      /** What the key held before; absent when it did not exist, was not asked for, or is too large to be kept. */
      readonly previous?: KeyValueEntry;
    }
  | {
      readonly kind: "delete";
      readonly key: string;
      readonly previous?: KeyValueEntry;
    };

/** All that one revision did, in key order. */
export interface RevisionChanges {
  readonly revision: Revision;
  readonly changes: readonly KeyChange[];
}

/** Which keys to watch: one, all with a prefix, or a range. */
export type WatchFilter = KeyRange | { readonly kind: "key"; readonly key: string };

export interface WatchRequest {
  readonly filter: WatchFilter;
  /** The first revision to hear of. Default: the one behind the revision at which the watch begins. */
  readonly fromRevision?: Revision;
  readonly withPrevious?: boolean;
  /** While nothing that matches happens, say so about this often. Default: never. */
  readonly progressEveryMs?: number;
}

/**
 * All that one revision did to the watched keys. Without changes it is a notice of progress: everything up to this
 * revision has been told.
 */
export type WatchBatch = RevisionChanges;

/**
 * Whole revisions in order, each once, from `fromRevision` on, whichever node tells them. Ends when it is closed, or by
 * rejecting: with `lagged` (details: `lastRevision`) when the watcher fell behind what the cluster keeps, `timeout` when
 * its signal says so, `shutting_down` when its client is closed. Has one reader at a time.
 */
export interface Watch extends AsyncIterable<WatchBatch, undefined>, AsyncDisposable {
  readonly fromRevision: Revision;
  /** Harmless when repeated. What has been told and not read is dropped. */
  close(): Promise<void>;
}
