import type { LeaseId } from "./lease.ts";

/**
 * The store's one counter, a 53-bit integer. Each command that changes at least one key takes the next revision;
 * revision 0 is the empty store.
 */
export type Revision = number;

export interface KeyValueEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Revision that created the key since its last deletion. */
  readonly createRevision: Revision;
  /** Revision of the last change. */
  readonly modRevision: Revision;
  /** 1 at creation, one more with every change; starts again after a deletion. */
  readonly version: number;
  /** Absent when the key is bound to no lease. */
  readonly leaseId?: LeaseId;
}
