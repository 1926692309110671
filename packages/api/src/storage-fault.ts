/**
 * A disk that does not do what it should. Fatal to the node that sees it: it stops and says so; it never retries a
 * failed sync and never continues on data that failed its checksum.
 */
export interface StorageFault {
  /** `in_use`: another process, or another store of this one, has the files open; nothing is wrong with them. */
  readonly code: "disk_full" | "io_failed" | "corrupt" | "in_use" | "closed";
  readonly message: string;
  readonly cause?: unknown;
}

export type StorageOutcome = { readonly kind: "done" } | { readonly kind: "fault"; readonly fault: StorageFault };

export const STORAGE_DONE: StorageOutcome = { kind: "done" };
