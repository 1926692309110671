import type { LogId } from "../log-id.ts";
import type { StoredMembership } from "../membership.ts";
import type { StorageFault, StorageOutcome } from "../storage-fault.ts";

/** What a snapshot covers and how to recognise its bytes. */
export interface SnapshotMeta {
  /** Last log entry whose effect the snapshot holds. */
  readonly lastIncluded: LogId;
  /** The membership in force at `lastIncluded`. */
  readonly membership: StoredMembership;
  readonly byteLength: number;
  /** BLAKE3 of all bytes. */
  readonly digest: Uint8Array;
}

export type SnapshotReadOutcome =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "fault"; readonly fault: StorageFault };

/** An open snapshot. It stays readable while a newer one is taken, until it is closed. */
export interface SnapshotSource {
  readonly meta: SnapshotMeta;
  /** Up to `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Promise<SnapshotReadOutcome>;
  close(): Promise<void>;
}

export type SnapshotInstallOutcome =
  | { readonly kind: "installed" }
  /** The bytes are not what the meta says: thrown away, nothing changed. */
  | { readonly kind: "rejected"; readonly reason: string }
  | { readonly kind: "fault"; readonly fault: StorageFault };

/** A snapshot on its way in. Partial bytes survive `close` and a restart: receiving the same meta again resumes. */
export interface SnapshotSink {
  readonly meta: SnapshotMeta;
  /** How many bytes are already here: the sender goes on from this offset. */
  readonly receivedBytes: number;
  write(bytes: Uint8Array): Promise<StorageOutcome>;
  /** Verifies everything, then replaces the state atomically. Not while an `apply` runs. */
  install(): Promise<SnapshotInstallOutcome>;
  close(): Promise<void>;
}
