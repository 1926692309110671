import { assert, type HardState, type LogId, type LogIndex, type LogWriteBatch } from "@aspenjs/api";
import type { Effect, LogOperation } from "./effect.ts";
import type { RaftLog } from "./raft-log.ts";

type Persist = Extract<Effect, { readonly kind: "persist" }>;

interface Outstanding {
  readonly sequence: number;
  /** The log's last id once this write is durable. */
  readonly last: LogId;
}

/**
 * The one ordered way to the disk. Within a step, changes gather into one write; other log operations keep their place
 * among the writes. Numbers let effects name the write they wait for.
 */
export class WriteQueue {
  readonly #log: RaftLog;
  #sequence = 0;
  #durableSequence = 0;
  #hardStateSequence = 0;
  #hardState: HardState | undefined;
  #truncateFrom: LogIndex | undefined;
  #committed: LogIndex | undefined;
  #hasEntries = false;
  #purged: LogId | undefined;
  readonly #outstanding: Outstanding[] = [];
  #effects: Persist[] = [];

  constructor(log: RaftLog) {
    this.#log = log;
  }

  get hasOutstanding(): boolean {
    return this.#outstanding.length > 0;
  }

  /** The write that makes everything up to now durable; 0 when everything is. */
  sequenceToAwait(): number {
    if (this.#isDirty()) return this.#sequence + 1;
    return this.#sequence > this.#durableSequence ? this.#sequence : 0;
  }

  /** The write that makes the present term and vote durable; 0 when they are. */
  hardStateSequenceToAwait(): number {
    if (this.#hardState !== undefined) return this.#sequence + 1;
    return this.#hardStateSequence > this.#durableSequence ? this.#hardStateSequence : 0;
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  noteTruncated(from: LogIndex): void {
    this.#truncateFrom = Math.min(from, this.#truncateFrom ?? from);
  }

  noteAppended(): void {
    this.#hasEntries = true;
  }

  /** A hint that rides along with the next write; worth none of its own. */
  noteCommitted(committed: LogIndex): void {
    this.#committed = committed;
  }

  /** Goes behind this step's write: entries appended in this step must stay readable until they are handed over. */
  purge(through: LogIndex): void {
    this.#purged = this.#log.purge(through);
  }

  /** Entries of this step that are not handed over yet go with the log; a new term or vote does not. */
  reset(to: LogId): void {
    this.#log.reset(to);
    this.#truncateFrom = undefined;
    this.#hasEntries = false;
    this.#committed = undefined;
    this.#purged = undefined;
    this.#gather();
    this.#push({ kind: "reset", to });
  }

  /** @returns the last log id that became durable with this write and still stands in the log, if any */
  complete(sequence: number): LogId | undefined {
    assert(sequence > this.#durableSequence && sequence <= this.#sequence, "writes complete once, in order (S2)");
    this.#durableSequence = sequence;
    let durable: LogId | undefined;
    while ((this.#outstanding[0]?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) {
      const last = this.#outstanding.shift()?.last;
      // An entry that was overwritten while its write was under way is not durable: another one has its index (R10).
      if (last !== undefined && this.#log.has(last)) durable = last;
    }
    return durable;
  }

  take(): readonly Persist[] {
    this.#gather();
    if (this.#purged !== undefined) this.#push({ kind: "purge", through: this.#purged });
    this.#purged = undefined;
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #isDirty(): boolean {
    return this.#hardState !== undefined || this.#truncateFrom !== undefined || this.#hasEntries;
  }

  #gather(): void {
    if (!this.#isDirty()) return;
    const batch: LogWriteBatch = {
      entries: this.#log.takeFresh(),
      ...(this.#hardState === undefined ? {} : { hardState: this.#hardState }),
      ...(this.#truncateFrom === undefined ? {} : { truncateFrom: this.#truncateFrom }),
      ...(this.#committed === undefined ? {} : { committed: this.#committed }),
    };
    if (this.#hardState !== undefined) this.#hardStateSequence = this.#sequence + 1;
    this.#hardState = undefined;
    this.#truncateFrom = undefined;
    this.#committed = undefined;
    this.#hasEntries = false;
    this.#push({ kind: "write", batch });
  }

  #push(operation: LogOperation): void {
    this.#sequence += 1;
    this.#outstanding.push({ sequence: this.#sequence, last: this.#log.last });
    this.#effects.push({ kind: "persist", sequence: this.#sequence, operation });
  }
}
