import { assert, AspenError, type LogId, type LogIndex } from "@aspenjs/api";
import type { Token } from "../core/event.ts";
import { limits } from "./limits.ts";
import { supersededError, unknownOutcomeError } from "./refusal-error.ts";

interface Waiter<Result> {
  readonly byteLength: number;
  readonly resolve: (result: Result | undefined) => void;
  readonly reject: (error: Error) => void;
}

interface Placed<Result> extends Waiter<Result> {
  readonly term: number;
}

/** Who waits for which place in the log. Bounded in count and bytes. */
export class ProposalTable<Result> {
  readonly #sizeMax: number;
  readonly #unplaced = new Map<Token, Waiter<Result>>();
  readonly #placed = new Map<LogIndex, Placed<Result>>();
  #byteLength = 0;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#unplaced.size + this.#placed.size;
  }

  /** @throws AspenError `resource_exhausted` */
  add(token: Token, byteLength: number): Promise<Result | undefined> {
    if (this.size >= this.#sizeMax || this.#byteLength + byteLength > limits.proposalBytesMax) {
      throw new AspenError("resource_exhausted", "too many writes wait for consensus", {
        details: { waiting: this.size, max: this.#sizeMax },
      });
    }
    this.#byteLength += byteLength;
    return new Promise((resolve, reject) => this.#unplaced.set(token, { byteLength, resolve, reject }));
  }

  /** The core gave the proposal a place. An older waiter of that place lost it to this one. */
  place(token: Token, logId: LogId): void {
    const waiter = this.#unplaced.get(token);
    if (waiter === undefined) return;
    this.#unplaced.delete(token);
    this.#take(logId.index)?.reject(supersededError());
    this.#placed.set(logId.index, { ...waiter, term: logId.term });
  }

  refuse(token: Token, error: Error): boolean {
    const waiter = this.#unplaced.get(token);
    if (waiter === undefined) return false;
    this.#unplaced.delete(token);
    this.#byteLength -= waiter.byteLength;
    waiter.reject(error);
    return true;
  }

  settle(logId: LogId, result: Result | undefined): void {
    const waiter = this.#take(logId.index);
    if (waiter === undefined) return;
    if (waiter.term === logId.term) waiter.resolve(result);
    else waiter.reject(supersededError());
  }

  /** A snapshot jumped over these places. */
  skipThrough(index: LogIndex): void {
    this.#loseTrack((placed) => placed <= index);
  }

  /** This node leads no more: another leader decides about these places, and callers should ask there. */
  abandonBehind(committed: LogIndex): void {
    this.#loseTrack((placed) => placed > committed);
  }

  rejectAll(error: Error): void {
    for (const waiter of [...this.#unplaced.values(), ...this.#placed.values()]) waiter.reject(error);
    this.#unplaced.clear();
    this.#placed.clear();
    this.#byteLength = 0;
  }

  #loseTrack(isLost: (index: LogIndex) => boolean): void {
    for (const index of [...this.#placed.keys()].filter(isLost)) this.#take(index)?.reject(unknownOutcomeError());
  }

  #take(index: LogIndex): Placed<Result> | undefined {
    const waiter = this.#placed.get(index);
    if (waiter === undefined) return undefined;
    this.#placed.delete(index);
    this.#byteLength -= waiter.byteLength;
    assert(this.#byteLength >= 0, "bytes are given back once (R12)");
    return waiter;
  }
}
