/**
 * A lease is a time to live that keys can be bound to: when it ends, they are deleted, all at one revision. Its number
 * is an integer from 1 to 2^53 - 1, chosen by whoever grants it or taken from the log.
 */
export type LeaseId = number;

export interface LeaseStatus {
  readonly leaseId: LeaseId;
  /** As granted. Every keep-alive gives the lease this much again. */
  readonly ttlMs: number;
  /** By log time, as the answering node knows it; 0 for a lease that is due and has not ended yet. */
  readonly remainingMs: number;
}

/** How long a key lives: as long as a lease that is there already, or so long on its own. At most one of the two. */
export interface LeaseBinding {
  /** A write to a lease that is not there, or that another command made for one key, fails with `not_found`. */
  readonly leaseId?: LeaseId;
  /** The key gets a lease of its own, which ends with the key or with its next change, and which no key can name. */
  readonly ttlMs?: number;
}
