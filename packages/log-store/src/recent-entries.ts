import { assert, type LogEntry, type LogIndex } from "@aspenjs/api";
import { limits } from "./limits.ts";

export interface RecentEntry {
  readonly entry: LogEntry;
  readonly encodedBytes: number;
}

/**
 * The end of the log in memory: every entry that is not durable yet, and as many durable ones before it as fit the
 * bounds, so that replication to followers that keep up never decodes from disk.
 */
export class RecentEntries {
  #items: RecentEntry[] = [];
  /** Items before this position are evicted; they leave the array when half of it is gone. */
  #head = 0;
  #firstIndex: LogIndex;
  #bytes = 0;

  constructor(firstIndex: LogIndex) {
    this.#firstIndex = firstIndex;
  }

  /** Index of the oldest entry held; one beyond the newest when there is none. */
  get firstIndex(): LogIndex {
    return this.#firstIndex;
  }

  at(index: LogIndex): RecentEntry | undefined {
    return index < this.#firstIndex ? undefined : this.#items[this.#head + index - this.#firstIndex];
  }

  push(entry: LogEntry, encodedBytes: number): void {
    const nextIndex = this.#firstIndex + this.#items.length - this.#head;
    assert(entry.index === nextIndex, `recent entry ${entry.index} where ${nextIndex} must follow`);
    this.#items.push({ entry, encodedBytes });
    this.#bytes += encodedBytes;
  }

  truncateFrom(from: LogIndex): void {
    if (from <= this.#firstIndex) return this.clear(from);
    const removed = this.#items.splice(this.#head + from - this.#firstIndex);
    for (const item of removed) this.#bytes -= item.encodedBytes;
  }

  clear(nextIndex: LogIndex): void {
    this.#items = [];
    this.#head = 0;
    this.#firstIndex = nextIndex;
    this.#bytes = 0;
  }

  dropThrough(through: LogIndex): void {
    while (this.#firstIndex <= through && this.#dropOldest());
  }

  /** Drops what exceeds the bounds, but nothing behind `durableThrough`: that exists nowhere else. */
  evict(durableThrough: LogIndex): void {
    while (this.#firstIndex <= durableThrough && this.#isOverfull() && this.#dropOldest());
  }

  #isOverfull(): boolean {
    return this.#items.length - this.#head > limits.recentEntriesMax || this.#bytes > limits.recentBytesMax;
  }

  #dropOldest(): boolean {
    const oldest = this.#items[this.#head];
    if (oldest === undefined) return false;
    this.#bytes -= oldest.encodedBytes;
    this.#head += 1;
    this.#firstIndex += 1;
    if (this.#head > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return true;
  }
}
