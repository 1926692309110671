import type { LogIndex, StorageFault, StorageOutcome } from "@aspenjs/api";
import type { LogChange } from "./log-change.ts";
import type { LogHeader } from "./log-header.ts";

export type RowRead =
  | { readonly kind: "row"; readonly bytes: Uint8Array }
  | { readonly kind: "missing" }
  | { readonly kind: "fault"; readonly fault: StorageFault };

/**
 * Where rows live, and nothing more: what a backend has to bring. Reads are synchronous and see what the last
 * resolved `commit` left. One `commit` at a time.
 */
export interface RowDisk {
  readHeader(): RowRead;
  readRow(index: LogIndex): RowRead;
  /** No row of an entry, live or dead. */
  isEmpty(): boolean;
  /** Called once, when the header is known: rows that are not live under it wait to be removed. */
  adopt(header: LogHeader): void;
  /**
   * All changes in one atomic transaction; resolves when it would survive a power cut. After a fault nothing of it
   * is visible. Without changes, removes a bounded number of dead rows.
   */
  commit(changes: readonly LogChange[]): Promise<StorageOutcome>;
  /** Dead rows wait to be removed. */
  readonly hasDeadRows: boolean;
  /** Whether the structure under the rows is sound, found out without risk for this process. */
  inspect(): Promise<StorageFault | undefined>;
  /** Lets the event loop turn between two slices of long work. */
  pause(): Promise<void>;
  close(): Promise<void>;
}
