import type { LogIndex } from "@aspenjs/api";
import type { LogHeader } from "./log-header.ts";
import type { StoredRow } from "./stored-row.ts";

/** Both ends included; empty when `first` is larger. */
export interface IndexRange {
  readonly first: LogIndex;
  readonly last: LogIndex;
}

/** What one call does to the disk, as data. All of it takes effect, or none. */
export interface LogChange {
  /** In force once the change is. */
  readonly header: LogHeader;
  readonly rows: readonly StoredRow[];
  /** Rows that were live before. They may leave the disk later: the header already says that they are gone. */
  readonly dead: IndexRange | undefined;
  /** Rows on disk up to here mean the same before and after the change. */
  readonly keptThrough: LogIndex;
  readonly rowBytes: number;
}

/** @see LogHeader, invariant H1 */
export function isLive(header: LogHeader, index: LogIndex): boolean {
  return header.state.purged.index < index && index <= header.state.last.index;
}
