import { AspenError, type LogIndex } from "@aspenjs/api";
import type { Token } from "../core/event.ts";

export type ReadMode = "quorum" | "lease";

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Ready {
  readonly readIndex: LogIndex;
  readonly waiters: readonly Waiter[];
}

/** Reads that wait: for the next turn, for their round, for their index to be applied. All of one turn share a token. */
export class ReadTable {
  readonly #sizeMax: number;
  readonly #gathering: Record<ReadMode, Waiter[]> = { quorum: [], lease: [] };
  readonly #asked = new Map<Token, readonly Waiter[]>();
  #ready: Ready[] = [];
  #size = 0;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#size;
  }

  /** @throws AspenError `resource_exhausted` */
  add(mode: ReadMode): Promise<void> {
    if (this.#size >= this.#sizeMax) {
      throw new AspenError("resource_exhausted", "too many reads wait", { details: { max: this.#sizeMax } });
    }
    this.#size += 1;
    return new Promise((resolve, reject) => this.#gathering[mode].push({ resolve, reject }));
  }

  /** Puts everything gathered for one mode under one token. @returns whether there was anything */
  ask(mode: ReadMode, nextToken: () => Token): Token | undefined {
    const waiters = this.#gathering[mode];
    if (waiters.length === 0) return undefined;
    const token = nextToken();
    this.#asked.set(token, waiters);
    this.#gathering[mode] = [];
    return token;
  }

  ready(token: Token, readIndex: LogIndex, applied: LogIndex): void {
    const waiters = this.#asked.get(token);
    if (waiters === undefined) return;
    this.#asked.delete(token);
    this.#ready.push({ readIndex, waiters });
    this.noteApplied(applied);
  }

  refuse(token: Token, error: Error): boolean {
    const waiters = this.#asked.get(token);
    if (waiters === undefined) return false;
    this.#asked.delete(token);
    this.#size -= waiters.length;
    for (const waiter of waiters) waiter.reject(error);
    return true;
  }

  noteApplied(applied: LogIndex): void {
    if (this.#ready.length === 0) return;
    const due = this.#ready.filter((ready) => ready.readIndex <= applied);
    if (due.length === 0) return;
    this.#ready = this.#ready.filter((ready) => ready.readIndex > applied);
    for (const { waiters } of due) {
      this.#size -= waiters.length;
      for (const waiter of waiters) waiter.resolve();
    }
  }

  rejectAll(error: Error): void {
    const waiting = [
      ...this.#gathering.quorum,
      ...this.#gathering.lease,
      ...[...this.#asked.values()].flat(),
      ...this.#ready.flatMap((ready) => ready.waiters),
    ];
    this.#gathering.quorum = [];
    this.#gathering.lease = [];
    this.#asked.clear();
    this.#ready = [];
    this.#size = 0;
    for (const waiter of waiting) waiter.reject(error);
  }
}
