import { STORAGE_DONE, type Logger, type LogIndex, type StorageFault, type StorageOutcome } from "@aspenjs/api";
import type { ChainHasher } from "../chain-hasher.ts";
import { limits } from "../limits.ts";
import { isLive, type IndexRange, type LogChange } from "../log-change.ts";
import { encodeHeader, type LogHeader } from "../log-header.ts";
import type { RowDisk, RowRead } from "../row-disk.ts";
import { DeadRows } from "./dead-rows.ts";
import { HEADER_KEY, type RowDatabase } from "./lmdb-environment.ts";
import { commitError, lmdbFault, namedDiskFull } from "./lmdb-fault.ts";
import { probeDatabase } from "./probe-process.ts";

/** Rows in one LMDB database. `commit` is one LMDB transaction, synced before it resolves. */
export class LmdbDisk implements RowDisk {
  readonly #database: RowDatabase;
  readonly #file: string;
  readonly #hasher: ChainHasher;
  readonly #logger: Logger;
  readonly #onClosed: () => void;
  readonly #deadRows = new DeadRows();
  /** Of the last committed change; `undefined` until the store is created or adopted. */
  #header: LogHeader | undefined;

  constructor(options: {
    readonly database: RowDatabase;
    readonly file: string;
    readonly hasher: ChainHasher;
    readonly logger: Logger;
    readonly onClosed: () => void;
  }) {
    this.#database = options.database;
    this.#file = options.file;
    this.#hasher = options.hasher;
    this.#logger = options.logger;
    this.#onClosed = options.onClosed;
  }

  get hasDeadRows(): boolean {
    return !this.#deadRows.isEmpty;
  }

  readHeader(): RowRead {
    return this.#read(HEADER_KEY);
  }

  readRow(index: LogIndex): RowRead {
    return this.#read(index);
  }

  isEmpty(): boolean {
    return this.#database.getKeysCount({ start: HEADER_KEY, limit: 1 }) === 0;
  }

  adopt(header: LogHeader): void {
    this.#header = header;
    const { first, last } = liveRange(header);
    const below = this.#database.getKeys({ start: HEADER_KEY + 1, end: first });
    const above = this.#database.getKeys({ start: last + 1 });
    for (const keys of [below, above]) {
      for (const index of keys) this.#deadRows.add({ first: index, last: index });
    }
    if (this.hasDeadRows) this.#logger.log("info", "removing rows that an earlier purge or truncation left behind");
  }

  async commit(changes: readonly LogChange[]): Promise<StorageOutcome> {
    const header = changes.at(-1)?.header ?? this.#header;
    if (header === undefined) return STORAGE_DONE;
    for (const { dead } of changes) if (dead !== undefined) this.#deadRows.add(dead);
    const removed = this.#deadRows.take(limits.sweptRowsMax, liveRange(header));
    try {
      // The header goes in even when only dead rows leave: a transaction that the library finds empty is never synced.
      const committed = this.#database.batch(() => this.#write(header, changes, removed));
      await committed;
      await this.#database.flushed;
    } catch (error) {
      const fault = lmdbFault("cannot write the log", await commitError(error));
      const rowBytes = changes.reduce((sum, change) => sum + change.rowBytes, 0);
      return { kind: "fault", fault: await namedDiskFull(fault, this.#file, rowBytes) };
    }
    this.#header = header;
    return STORAGE_DONE;
  }

  inspect(): Promise<StorageFault | undefined> {
    return probeDatabase(this.#file);
  }

  pause(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  async close(): Promise<void> {
    await this.#database.close();
    this.#onClosed();
  }

  /** Puts and removals never meet: what is put is live under `header`, what is removed is not. */
  #write(header: LogHeader, changes: readonly LogChange[], removed: readonly LogIndex[]): void {
    for (const { rows } of changes) {
      for (const row of rows) if (isLive(header, row.index)) void this.#database.put(row.index, row.bytes);
    }
    for (const index of removed) void this.#database.remove(index);
    void this.#database.put(HEADER_KEY, encodeHeader(this.#hasher, header));
  }

  #read(key: number): RowRead {
    try {
      const bytes = this.#database.getBinary(key);
      if (bytes === undefined) return { kind: "missing" };
      // A `Buffer` shares memory where a `Uint8Array` copies (`slice`): no caller should have to know which it holds.
      return { kind: "row", bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    } catch (error) {
      return { kind: "fault", fault: lmdbFault(`cannot read row ${key}`, error) };
    }
  }
}

function liveRange(header: LogHeader): IndexRange {
  return { first: header.state.purged.index + 1, last: header.state.last.index };
}
