import type { LogIndex, LogRecord } from "@aspenjs/api";
import type { CommittedRead } from "@aspenjs/raft";
import { limits } from "./limits.ts";
import { recordOf } from "./log-filter.ts";

/** Where committed entries come from: consensus. */
export interface CommittedSource {
  readCommitted(fromIndex: LogIndex, bytesMax: number): CommittedRead;
}

export type RecordPage =
  | { readonly kind: "records"; readonly records: readonly LogRecord[] }
  | { readonly kind: "compacted"; readonly firstIndex: LogIndex };

/**
 * The committed entries of this node for all who read them. There is no second way for entries that have just come: who
 * is at the end waits and reads on, and readers at one place share what was decoded for the first of them.
 */
export class LogFeed {
  readonly #source: CommittedSource;
  readonly #waiting = new Set<() => void>();
  /** Committed entries never change: a page is right for ever, and there is one. */
  #page: { readonly fromIndex: LogIndex; readonly records: readonly LogRecord[] } = { fromIndex: 0, records: [] };

  constructor(source: CommittedSource) {
    this.#source = source;
  }

  /** None when nothing from there on is committed yet. @throws AspenError `shutting_down`, `internal` */
  read(fromIndex: LogIndex): RecordPage {
    if (this.#page.fromIndex === fromIndex) return { kind: "records", records: this.#page.records };
    const read = this.#source.readCommitted(fromIndex, limits.logPageBytes);
    if (read.kind === "compacted") return read;
    const records = read.entries.map(recordOf);
    if (records.length > 0) this.#page = { fromIndex, records };
    return { kind: "records", records };
  }

  /** Calls `wake` once, in the turn in which there may be more. */
  wait(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  noteApplied(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
