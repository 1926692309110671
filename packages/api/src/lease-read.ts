import type { LeaseId, LeaseStatus } from "./lease.ts";
import type { ReadLabel, ReadOptions } from "./read.ts";

export interface GetLeaseRequest extends ReadOptions {
  readonly leaseId: LeaseId;
  /** How many of the bound keys to name. Default 0, at most 10,000. */
  readonly keysLimit?: number;
}

export interface GetLeaseResult extends ReadLabel {
  /** `undefined` when there is no such lease: never granted, ended, or revoked. */
  readonly lease: LeaseStatus | undefined;
  /** All keys that are bound to it. */
  readonly keyCount: number;
  /** The first of them, in key order, as far as 4 MiB reach. */
  readonly keys: readonly string[];
}

export interface ListLeasesRequest extends ReadOptions {
  /** Only leases with higher numbers: the last one of the page before. Default 0. */
  readonly after?: LeaseId;
  /** Default 1,000, at most 10,000. With 0 only `isTruncated` says something: whether there are any. */
  readonly limit?: number;
}

/** Leases in the order of their numbers. */
export interface ListLeasesResult extends ReadLabel {
  readonly leases: readonly LeaseStatus[];
  readonly isTruncated: boolean;
}
