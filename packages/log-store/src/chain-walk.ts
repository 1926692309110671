/**
 * Walks rows in order and recomputes the hash chain. Used by opening and by `verify`; the walk owns its position, so
 * that the log may change between two slices.
 */
import type { LogEntry, LogIndex, StorageFault } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import type { ChainHasher } from "./chain-hasher.ts";
import { decodeEntry } from "./entry-codec.ts";
import type { RowDisk } from "./row-disk.ts";
import { isLinked, rowEntryBytes, rowHash } from "./stored-row.ts";

export type ChainStep =
  | { readonly kind: "entry"; readonly entry: LogEntry; readonly encodedBytes: number }
  | { readonly kind: "broken"; readonly index: LogIndex; readonly reason: string }
  | { readonly kind: "fault"; readonly fault: StorageFault };

export class ChainWalk {
  readonly #hasher: ChainHasher;
  readonly #disk: RowDisk;
  #nextIndex: LogIndex;
  #hash: Uint8Array;

  /** @param anchor chain hash of the entry before `firstIndex` */
  constructor(hasher: ChainHasher, disk: RowDisk, firstIndex: LogIndex, anchor: Uint8Array) {
    this.#hasher = hasher;
    this.#disk = disk;
    this.#nextIndex = firstIndex;
    this.#hash = anchor;
  }

  get nextIndex(): LogIndex {
    return this.#nextIndex;
  }

  /** Chain hash of the entry before `nextIndex`. */
  get hash(): Uint8Array {
    return this.#hash;
  }

  step(): ChainStep {
    const index = this.#nextIndex;
    const read = this.#disk.readRow(index);
    if (read.kind === "fault") return read;
    if (read.kind === "missing") return { kind: "broken", index, reason: "the row is missing" };
    if (!isLinked(this.#hasher, this.#hash, read.bytes)) {
      return { kind: "broken", index, reason: "the row does not match its hash in the chain" };
    }
    let entry: LogEntry;
    try {
      entry = decodeEntry(rowEntryBytes(read.bytes));
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      return { kind: "broken", index, reason: `the row cannot be read: ${cause.message}` };
    }
    if (entry.index !== index) return { kind: "broken", index, reason: `the row holds entry ${entry.index}` };
    this.#hash = rowHash(read.bytes);
    this.#nextIndex += 1;
    return { kind: "entry", entry, encodedBytes: rowEntryBytes(read.bytes).byteLength };
  }
}
