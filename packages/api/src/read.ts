import type { LogIndex } from "./log-id.ts";
import type { KeyValueEntry, Revision } from "./key-value-entry.ts";

/**
 * - `linearizable`: sees every write acknowledged before the call (default)
 * - `lease`: the same as long as clocks drift less than the configured bound; needs leader leases
 * - `stale`: whatever the asked node has applied
 */
export const READ_CONSISTENCIES = ["linearizable", "lease", "stale"] as const;
export type ReadConsistency = (typeof READ_CONSISTENCIES)[number];

/** What a read may come to when nobody can give it the consistency that it asked for. */
export const READ_FALLBACKS = ["local"] as const;
export type ReadFallback = (typeof READ_FALLBACKS)[number];

export interface ReadOptions {
  readonly consistency?: ReadConsistency;
  /**
   * With `local` a read that finds no leader in the first half of its time takes what any one node has applied, and is
   * labelled `stale`. Any other failure stays one. Default: the read fails.
   */
  readonly fallback?: ReadFallback;
}

/** What a read really got. */
export interface ReadLabel {
  readonly consistency: ReadConsistency;
  /** The node's applied log index when it answered. */
  readonly appliedIndex: LogIndex;
  /** The store's revision when it answered. */
  readonly revision: Revision;
}

export interface GetRequest extends ReadOptions {
  readonly key: string;
}

export interface GetResult extends ReadLabel {
  /** `undefined` when the key does not exist. */
  readonly entry: KeyValueEntry | undefined;
}

export interface GetMultiRequest extends ReadOptions {
  /** 1 to 1,000. */
  readonly keys: readonly string[];
}

/** All of one moment. Entries of more than 4 MiB in all fail with `batch_too_large`. */
export interface GetMultiResult extends ReadLabel {
  /** One for each key, in the order of the request; `undefined` for a key that does not exist. */
  readonly entries: readonly (KeyValueEntry | undefined)[];
}

/** Which keys: all with a prefix (the empty prefix is every key), or `start` (included) to `end` (excluded). */
export type KeyRange =
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "range"; readonly start: string; readonly end: string };

export interface ScanQuery {
  readonly range: KeyRange;
  /** 0 counts only. */
  readonly limit: number;
  readonly reverse: boolean;
  readonly keysOnly: boolean;
  /** Exclusive: the scan goes on behind this key, in its direction, whether or not the key still exists. */
  readonly after: string | undefined;
}

export interface ScanPage {
  readonly entries: readonly KeyValueEntry[];
  /** Keys in the range from the start of this page on, with `limit: 0`; otherwise the number of `entries`. */
  readonly count: number;
  /** More keys follow: the page ended at its limit or at its bytes. */
  readonly isTruncated: boolean;
}

export interface ScanRequest extends ReadOptions {
  readonly range: KeyRange;
  /** Default 1,000, at most 10,000; 0 counts only. */
  readonly limit?: number;
  readonly reverse?: boolean;
  /** Entries come with empty values. */
  readonly keysOnly?: boolean;
  /** From an earlier result; opaque. */
  readonly continuation?: string;
}

export interface ScanResult extends ReadLabel, ScanPage {
  /** Present when the page is truncated. */
  readonly continuation?: string | undefined;
}
