import type { Buffer } from "node:buffer";
import type { Revision } from "@aspenjs/api";
import type { Database, Statement } from "better-sqlite3";
import { changeHistoryProblem, type ChangeHistory } from "../change-history.ts";
import type { SavedChanges } from "../change-row.ts";
import type { SavedState } from "../replicated-state.ts";
import { CorruptStateError } from "./sqlite-fault.ts";
import { changesCrc, plainBytes } from "./state-schema.ts";

type ChangeRow = [revision: number, logTimeMs: number, crc: number, content: Buffer];
type SaveRow = [revision: number, logTimeMs: number, crc: number, content: Uint8Array];

const COLUMNS = "revision, log_time_ms, crc32, content";
/** Head of a row, and its share of the page; rows are added at one end, close together. */
const ROW_OVERHEAD_BYTES = 32;

/** The history as it is stored: one row per revision, added at one end and deleted at the other. */
export class ChangeTable {
  readonly #save: Statement<SaveRow>;
  readonly #deleteBelow: Statement<[Revision]>;
  #firstRevision: Revision;
  #lastRevision: Revision;

  constructor(database: Database, { revision, changes }: Pick<SavedState, "revision" | "changes">) {
    this.#save = database.prepare(`INSERT INTO changes (${COLUMNS}) VALUES (?, ?, ?, ?)`);
    this.#deleteBelow = database.prepare("DELETE FROM changes WHERE revision < ?");
    this.#lastRevision = revision;
    this.#firstRevision = revision - changes.length + 1;
  }

  /** Writes what came and went since the last call: once per batch. Returns about how much. */
  save(history: ChangeHistory): number {
    const { firstRevision, lastRevision } = history;
    let writtenBytes = 0;
    for (let next = Math.max(this.#lastRevision + 1, firstRevision); next <= lastRevision; next += 1) {
      const changes = history.at(next);
      this.#save.run(next, changes.logTimeMs, changesCrc(changes), changes.content);
      writtenBytes += changes.content.byteLength + ROW_OVERHEAD_BYTES;
    }
    this.#lastRevision = lastRevision;
    if (firstRevision > this.#firstRevision) this.#deleteBelow.run(firstRevision);
    this.#firstRevision = firstRevision;
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
  return saved;
}
