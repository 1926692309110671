/**
 * Writes pairs in batches, many at a time.
 *
 * I1  For each key the last line wins: a batch with a key that is on its way waits until that one has arrived.
 * I2  At most `concurrency` batches are on their way, each of at most `batchPairs` pairs and a bounded number of bytes,
 *     and reading waits for them: memory is bounded whatever the source.
 * I3  When the run ends, for whatever reason, nothing is on its way any more, and every line up to `writtenThrough` has
 *     been written.
 */
import { AspenError, type KeyValuePair, type KeyValueStore } from "@aspenjs/api";
import { limits } from "./limits.ts";
import type { Line, OverlongLine } from "./line-reader.ts";
import { parseRecord } from "./record-line.ts";

export interface ImportProgress {
  /** Lines that were written. More lines than keys when a key is there twice. */
  readonly pairsWritten: number;
  /** Every line up to this one has been written. */
  readonly writtenThrough: number;
  /** Bytes of the source up to the end of that line. */
  readonly bytesWrittenThrough: number;
}

export type ImportOutcome = ImportProgress &
  (
    | { readonly kind: "complete" }
    | { readonly kind: "interrupted" }
    | { readonly kind: "badLine"; readonly line: number; readonly reason: string }
    | { readonly kind: "failed"; readonly error: AspenError }
  );

type ImportEnd =
  | { readonly kind: "complete" | "interrupted" }
  | { readonly kind: "badLine"; readonly line: number; readonly reason: string }
  | { readonly kind: "failed"; readonly error: AspenError };

export interface ImporterOptions {
  readonly store: KeyValueStore;
  readonly batchPairs: number;
  readonly concurrency: number;
  /** Ends the reading; what is on its way arrives. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/** Consecutive lines, and the pairs that are left of them when a later line has the key of an earlier one. */
interface Batch {
  readonly pairs: Map<string, KeyValuePair>;
  bytes: number;
  lines: number;
  lastLine: number;
  endOffset: number;
  isWritten: boolean;
}

export class Importer {
  readonly #options: ImporterOptions;
  /** In the order of their lines: from the first that has not arrived. */
  readonly #sent: Batch[] = [];
  /** Where each key on its way is. */
  readonly #keysInFlight = new Map<string, Promise<void>>();
  readonly #inFlight = new Set<Promise<void>>();
  #batch = emptyBatch();
  #failure: AspenError | undefined;
  #progress: ImportProgress = { pairsWritten: 0, writtenThrough: 0, bytesWrittenThrough: 0 };

  constructor(options: ImporterOptions) {
    this.#options = options;
  }

  get progress(): ImportProgress {
    return this.#progress;
  }

  /** Resolves when everything that was sent has arrived or failed. A bug alone rejects. */
  async run(lines: AsyncIterable<Line | OverlongLine>): Promise<ImportOutcome> {
    const end = await this.#read(lines);
    // Good lines before a bad one are written all the same: the report says up to which line.
    if (this.#failure === undefined) await this.#send();
    await Promise.all(this.#inFlight);
    const outcome = this.#failure === undefined ? end : { kind: "failed" as const, error: this.#failure };
    return { ...this.#progress, ...outcome };
  }

  async #read(lines: AsyncIterable<Line | OverlongLine>): Promise<ImportEnd> {
    const { signal, batchPairs } = this.#options;
    for await (const line of lines) {
      if (signal.aborted || this.#failure !== undefined) break;
      if (line.kind === "overlong") return { kind: "badLine", line: line.number, reason: "the line is too long" };
      const record = parseRecord(line.bytes);
      if (record.kind === "bad") return { kind: "badLine", line: line.number, reason: record.reason };
      this.#add(record.pair, line);
      const isFull = this.#batch.pairs.size >= batchPairs || this.#batch.bytes >= limits.importBatchBytesMax;
      if (isFull) await this.#send();
    }
    return { kind: signal.aborted ? "interrupted" : "complete" };
  }

  #add(pair: KeyValuePair, line: Line): void {
    const batch = this.#batch;
    // Set anew, a key moves to its last line's place; that place is the only one that counts.
    batch.pairs.set(pair.key, pair);
    batch.bytes += line.bytes.byteLength;
    batch.lines += 1;
    batch.lastLine = line.number;
    batch.endOffset = line.endOffset;
  }

  async #send(): Promise<void> {
    const batch = this.#batch;
    if (batch.lines === 0) return;
    this.#batch = emptyBatch();
    await this.#roomFor(batch);
    if (this.#failure !== undefined) return;
    this.#sent.push(batch);
    const writing = this.#write(batch);
    this.#inFlight.add(writing);
    for (const key of batch.pairs.keys()) this.#keysInFlight.set(key, writing);
    const settled = (): void => {
      this.#inFlight.delete(writing);
      for (const key of batch.pairs.keys()) this.#keysInFlight.delete(key);
    };
    // A bug rejects here and where the write is awaited; it is told there.
    writing.then(settled, settled);
  }

  async #roomFor(batch: Batch): Promise<void> {
    while (this.#inFlight.size >= this.#options.concurrency) await Promise.race(this.#inFlight);
    for (const key of batch.pairs.keys()) await this.#keysInFlight.get(key);
  }

  /** Never rejects for what the cluster answers: the first failure ends the run. */
  async #write(batch: Batch): Promise<void> {
    try {
      await this.#options.store.write({ kind: "setMulti", pairs: [...batch.pairs.values()] });
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      this.#failure ??= error;
      return;
    }
    this.#arrived(batch);
  }

  #arrived(batch: Batch): void {
    batch.isWritten = true;
    let { writtenThrough, bytesWrittenThrough } = this.#progress;
    while (this.#sent[0]?.isWritten === true) {
      writtenThrough = this.#sent[0].lastLine;
      bytesWrittenThrough = this.#sent[0].endOffset;
      this.#sent.shift();
    }
    const pairsWritten = this.#progress.pairsWritten + batch.lines;
    this.#progress = { pairsWritten, writtenThrough, bytesWrittenThrough };
    this.#options.onProgress?.(this.#progress);
  }
}

function emptyBatch(): Batch {
  return { pairs: new Map(), bytes: 0, lines: 0, lastLine: 0, endOffset: 0, isWritten: false };
}
