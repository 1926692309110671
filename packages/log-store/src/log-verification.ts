/**
 * One `verify` call: recomputes the chain over the entries that were in the log when it began, in slices, while the
 * log goes on. What is purged or truncated meanwhile leaves the verification with it.
 */
import type { LogIndex, LogVerifyOutcome } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { isSameHash, type ChainHasher } from "./chain-hasher.ts";
import { ChainWalk } from "./chain-walk.ts";
import { limits } from "./limits.ts";
import type { LogChange } from "./log-change.ts";
import { decodeHeader, type LogHeader } from "./log-header.ts";
import type { RowDisk } from "./row-disk.ts";
import { CLOSED, corruptFault } from "./storage-faults.ts";

type SliceOutcome = Exclude<LogVerifyOutcome, { readonly kind: "intact" }> | { readonly kind: "sliced" };

export class LogVerification {
  readonly #hasher: ChainHasher;
  readonly #disk: RowDisk;
  readonly #currentHeader: () => LogHeader;
  readonly #startHeader: LogHeader;
  #walk: ChainWalk;
  #entryCount = 0;
  /** Entries behind this index were replaced or removed since the start. */
  #keptThrough: LogIndex = Number.MAX_SAFE_INTEGER;

  /** Every entry of the current header is durable. */
  constructor(hasher: ChainHasher, disk: RowDisk, currentHeader: () => LogHeader) {
    this.#hasher = hasher;
    this.#disk = disk;
    this.#currentHeader = currentHeader;
    this.#startHeader = currentHeader();
    this.#walk = this.#walkFromPurgePoint(this.#startHeader);
  }

  noteChange(change: LogChange): void {
    this.#keptThrough = Math.min(this.#keptThrough, change.keptThrough);
  }

  async run(isClosed: () => boolean): Promise<LogVerifyOutcome> {
    const unsound = await this.#disk.inspect();
    if (isClosed()) return { kind: "fault", fault: CLOSED };
    if (unsound !== undefined) return { kind: "fault", fault: unsound };
    const header = this.#verifyHeader();
    if (header.kind !== "sliced") return header;
    while (this.#skipPurged() <= this.#end()) {
      const slice = this.#verifySlice();
      if (slice.kind !== "sliced") return slice;
      await this.#disk.pause();
      if (isClosed()) return { kind: "fault", fault: CLOSED };
    }
    return this.#verifyTip();
  }

  #end(): LogIndex {
    return Math.min(this.#startHeader.state.last.index, this.#keptThrough);
  }

  #walkFromPurgePoint(header: LogHeader): ChainWalk {
    return new ChainWalk(this.#hasher, this.#disk, header.state.purged.index + 1, header.base);
  }

  /** Index that the walk goes on from. */
  #skipPurged(): LogIndex {
    const header = this.#currentHeader();
    if (this.#walk.nextIndex <= header.state.purged.index) this.#walk = this.#walkFromPurgePoint(header);
    return this.#walk.nextIndex;
  }

  #verifyHeader(): SliceOutcome {
    const read = this.#disk.readHeader();
    if (read.kind === "fault") return read;
    if (read.kind === "missing") return { kind: "fault", fault: corruptFault("the header is missing") };
    try {
      decodeHeader(this.#hasher, read.bytes);
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      return { kind: "fault", fault: corruptFault(cause.message, cause) };
    }
    return { kind: "sliced" };
  }

  #verifySlice(): SliceOutcome {
    let bytesLeft: number = limits.verifiedBytesPerSliceMax;
    for (let count = 0; count < limits.verifiedRowsPerSliceMax && bytesLeft > 0; count += 1) {
      if (this.#walk.nextIndex > this.#end()) break;
      const step = this.#walk.step();
      if (step.kind !== "entry") return step;
      bytesLeft -= step.encodedBytes;
      this.#entryCount += 1;
    }
    return { kind: "sliced" };
  }

  #verifyTip(): LogVerifyOutcome {
    const { state, tip } = this.#startHeader;
    const isWhole = this.#keptThrough >= state.last.index && this.#walk.nextIndex === state.last.index + 1;
    if (isWhole && !isSameHash(this.#walk.hash, tip)) {
      return { kind: "broken", index: state.last.index, reason: "the chain does not end at the hash in the header" };
    }
    return { kind: "intact", entryCount: this.#entryCount };
  }
}
