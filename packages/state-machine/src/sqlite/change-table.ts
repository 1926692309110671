import type { Buffer } from "node:buffer";
import type { Revision } from "@aspenjs/api";
import type { Database, Statement } from "better-sqlite3";
import { changeHistoryProblem, keptChanges, type ChangeHistory } from "../change-history.ts";
import type { SavedChanges } from "../change-row.ts";
import type { SavedState } from "../replicated-state.ts";
import { CorruptStateError } from "./sqlite-fault.ts";
import { changesCrc, plainBytes } from "./state-schema.ts";

type ChangeRow = [revision: number, logTimeMs: number, crc: number, content: Buffer];
type SaveRow = [revision: number, logTimeMs: number, crc: number, content: Uint8Array];

const COLUMNS = "revision, log_time_ms, crc32, content";
/** Head of a row, and its share of the page; rows are added at one end, close together. */
const ROW_OVERHEAD_BYTES = 32;

/**
 * What is no longer kept is deleted when so much has gathered: to delete a row with every batch would double the pages
 * that a small batch writes. Whoever loads a state leaves such rows out.
 */
const STALE_REVISIONS_MAX = 256;
const STALE_BYTES_MAX = 1_048_576;

/** The history as it is stored: one row per revision, added at one end and deleted at the other. */
export class ChangeTable {
  readonly #save: Statement<SaveRow>;
  readonly #deleteBelow: Statement<[Revision]>;
  /** Of the oldest row, kept or not; without rows the next one to come. */
  #firstStored: Revision;
  #lastStored: Revision;
  /** About how many bytes of content all rows have. */
  #storedBytes: number;

  constructor(database: Database, { revision, changes }: Pick<SavedState, "revision" | "changes">) {
    this.#save = database.prepare(`INSERT INTO changes (${COLUMNS}) VALUES (?, ?, ?, ?)`);
    this.#deleteBelow = database.prepare("DELETE FROM changes WHERE revision < ?");
    const oldest = database.prepare<[], Revision | null>("SELECT min(revision) FROM changes").pluck().get();
    this.#firstStored = oldest ?? revision + 1;
    this.#lastStored = revision;
    this.#storedBytes = changes.reduce((sum, { content }) => sum + content.byteLength, 0);
  }

  /** Writes what came and went since the last call: once per batch. Returns about how much. */
  save(history: ChangeHistory): number {
    const { firstRevision, lastRevision } = history;
    let writtenBytes = 0;
    for (let next = Math.max(this.#lastStored + 1, firstRevision); next <= lastRevision; next += 1) {
      const changes = history.at(next);
      this.#save.run(next, changes.logTimeMs, changesCrc(changes), changes.content);
      this.#storedBytes += changes.content.byteLength;
      writtenBytes += changes.content.byteLength + ROW_OVERHEAD_BYTES;
    }
    this.#lastStored = lastRevision;
    const staleBytes = this.#storedBytes - history.byteLength;
    if (firstRevision - this.#firstStored >= STALE_REVISIONS_MAX || staleBytes >= STALE_BYTES_MAX) {
      this.#deleteBelow.run(firstRevision);
      this.#firstStored = firstRevision;
      this.#storedBytes = history.byteLength;
    }
    return writtenBytes;
  }
}

/**
 * Rows are held against their checksums and their places, not decoded: a full history has some megabytes of them, and
 * nobody can act while a state is opened. Those of a snapshot have been decoded before it is opened.
 * @throws CorruptStateError
 */
export function loadChanges(
  database: Database,
  position: Pick<SavedState, "revision" | "logTimeMs">,
): readonly SavedChanges[] {
  const rows = database.prepare<[], ChangeRow>(`SELECT ${COLUMNS} FROM changes ORDER BY revision`).raw().iterate();
  const saved = Array.from(rows, ([revision, logTimeMs, crc, content]) => {
    const changes = { revision, logTimeMs, content: plainBytes(content) };
    if (changesCrc(changes) === crc) return changes;
    throw new CorruptStateError(`the changes of revision ${revision} do not match their checksum`);
  });
  const problem = changeHistoryProblem(saved, position);
  if (problem !== undefined) throw new CorruptStateError(problem);
  return keptChanges(saved, position);
}
