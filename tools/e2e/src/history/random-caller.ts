import {
  AspenError,
  type KeyValueEntry,
  type KeyValueStore,
  type Random,
  type ReadConsistency,
  type Revision,
} from "@aspenjs/api";
import type { Operation, Seen, Sight } from "./operation.ts";

const KEYS = ["a", "b", "c", "d"];
const PREFIX = "history/";
const RANGE = { kind: "prefix", prefix: PREFIX } as const;

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

type Answer = Pick<Operation, "change" | "sight">;

export interface RandomCallerOptions {
  readonly store: KeyValueStore;
  readonly name: string;
  readonly random: Random;
  readonly consistencies: readonly ReadConsistency[];
  /** Only reads: writes to a node that is cut off wait, and a caller that waits sees nothing. */
  readonly isReader: boolean;
}

/** Calls one store again and again, whatever comes to its mind, on few keys, and writes down what was answered. */
export class RandomCaller {
  readonly operations: Operation[] = [];
  readonly #store: KeyValueStore;
  readonly #name: string;
  readonly #random: Random;
  readonly #consistencies: readonly ReadConsistency[];
  readonly #isReader: boolean;
  #valueCount = 0;
  #lastSeen: Revision = 0;

  constructor(options: RandomCallerOptions) {
    this.#store = options.store;
    this.#name = options.name;
    this.#random = options.random;
    this.#consistencies = options.consistencies;
    this.#isReader = options.isReader;
  }

  async run(isStopping: () => boolean): Promise<void> {
    while (!isStopping()) await this.callOnce();
  }

  async callOnce(): Promise<void> {
    const key = PREFIX + this.#pick(KEYS);
    if (this.#isReader) return this.#random.below(4) === 0 ? this.scan() : this.#get(key);
    switch (this.#random.below(8)) {
      case 0:
      case 1:
        return this.#set(key);
      case 2:
      case 3:
        return this.#swap(key);
      case 4:
        return this.#delete(key);
      case 5:
        return this.scan();
      default:
        return this.#get(key);
    }
  }

  /** Everything, at one revision. */
  async scan(): Promise<void> {
    const consistency = this.#pick(this.#consistencies);
    await this.#record(undefined, async () => {
      const { entries, revision } = await this.#store.scan({ range: RANGE, consistency });
      return {
        change: undefined,
        sight: this.#sight(
          KEYS.map((key) => PREFIX + key),
          revision,
          entries,
        ),
      };
    });
  }

  async #get(key: string): Promise<void> {
    const consistency = this.#pick(this.#consistencies);
    await this.#record(undefined, async () => {
      const { entry, revision } = await this.#store.get({ key, consistency });
      return { change: undefined, sight: this.#sight([key], revision, entry === undefined ? [] : [entry]) };
    });
  }

  async #set(key: string): Promise<void> {
    const value = this.#nextValue();
    await this.#record({ key, value, revision: undefined }, async () => {
      const { revision, previous } = await this.#store.write({
        kind: "set",
        key,
        value: textEncoder.encode(value),
        returnPrevious: true,
      });
      const sight = this.#sight([key], revision - 1, previous === undefined ? [] : [previous]);
      return { change: { key, value, revision }, sight };
    });
  }

  /** From what this caller saw last: sometimes right, sometimes not. */
  async #swap(key: string): Promise<void> {
    const value = this.#nextValue();
    const modRevision = this.#lastSeen;
    const expected =
      modRevision === 0 ? ({ kind: "absent" } as const) : ({ kind: "modRevision", modRevision } as const);
    await this.#record({ key, value, revision: undefined }, async () => {
      const command = { kind: "compareAndSwap", key, value: textEncoder.encode(value), expected } as const;
      const result = await this.#store.write(command);
      if (result.outcome === "ok") return { change: { key, value, revision: result.revision }, sight: undefined };
      const sight = this.#sight([key], result.revision, result.actual === undefined ? [] : [result.actual]);
      return { change: undefined, sight };
    });
  }

  async #delete(key: string): Promise<void> {
    await this.#record({ key, value: undefined, revision: undefined }, async () => {
      const {
        revision,
        deletedCount,
        previous = [],
      } = await this.#store.write({
        kind: "delete",
        key,
        returnPrevious: true,
      });
      if (deletedCount === 0) return { change: undefined, sight: this.#sight([key], revision, []) };
      return { change: { key, value: undefined, revision }, sight: this.#sight([key], revision - 1, previous) };
    });
  }

  /** A change without an answer may have taken effect; a read without one says nothing. */
  async #record(change: Operation["change"], call: () => Promise<Answer>): Promise<void> {
    const startedMs = performance.now();
    try {
      const answer = await call();
      this.operations.push({ startedMs, endedMs: performance.now(), ...answer });
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      if (change !== undefined) this.operations.push({ startedMs, endedMs: Infinity, change, sight: undefined });
    }
  }

  #sight(keys: readonly string[], revision: Revision, entries: readonly KeyValueEntry[]): Sight {
    const found = new Map<string, Seen>();
    for (const { key, value, modRevision } of entries) {
      found.set(key, { value: textDecoder.decode(value), modRevision });
      this.#lastSeen = modRevision;
    }
    return { keys, revision, found };
  }

  #nextValue(): string {
    this.#valueCount += 1;
    return `${this.#name}.${this.#valueCount}`;
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#random.below(items.length)];
    if (item === undefined) throw new Error("there is nothing to pick from");
    return item;
  }
}
