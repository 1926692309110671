import { AspenError, type KeyValueStore } from "@aspenjs/api";

const MICROS_PER_MS = 1_000;

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

interface Caller {
  readonly key: string;
  /** What its counter was before its first increment. */
  readonly first: number;
  readonly acknowledgedMicros: number[];
}

/** Callers that increment a counter each, by compare-and-swap, and note when every increment was acknowledged. */
export class TimedCounters {
  readonly #store: KeyValueStore;
  readonly #callers: readonly Caller[];
  #isStopping = false;
  #running: Promise<unknown> = Promise.resolve();

  /** `found`: what the counters are before the first increment; 0 unless given. */
  constructor(store: KeyValueStore, keys: readonly string[], found: ReadonlyMap<string, number>) {
    this.#store = store;
    this.#callers = keys.map((key) => ({ key, first: found.get(key) ?? 0, acknowledgedMicros: [] }));
  }

  get acknowledgedCount(): number {
    return this.#callers.reduce((sum, { acknowledgedMicros }) => sum + acknowledgedMicros.length, 0);
  }

  start(): void {
    this.#running = Promise.all(this.#callers.map((caller) => this.#run(caller)));
  }

  /** The calls that are under way end as they may. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
  }

  /** What each counter had come to for its caller at that instant. One more may have taken effect, never two. */
  countedAt(instantMicros: number): ReadonlyMap<string, number> {
    return new Map(
      this.#callers.map(({ key, first, acknowledgedMicros }) => {
        return [key, first + acknowledgedMicros.filter((micros) => micros <= instantMicros).length];
      }),
    );
  }

  async #run({ key, first, acknowledgedMicros }: Caller): Promise<void> {
    while (!this.#isStopping) {
      const count = first + acknowledgedMicros.length;
      const expected = count === 0 ? ({ kind: "absent" } as const) : { kind: "value" as const, value: encode(count) };
      try {
        const result = await this.#store.write({ kind: "compareAndSwap", key, expected, value: encode(count + 1) });
        if (result.outcome !== "ok") throw new Error(`${key} is not ${count}: ${JSON.stringify(result)}`);
      } catch (error) {
        // Not known to be acknowledged, and the last of this caller: the nodes were killed.
        if (error instanceof AspenError) return;
        throw error;
      }
      // Whole milliseconds, so never before it was true.
      acknowledgedMicros.push((Date.now() + 1) * MICROS_PER_MS);
    }
  }
}

/** Every counter, linearizably. */
export async function readCounters(store: KeyValueStore): Promise<ReadonlyMap<string, number>> {
  const { entries, continuation } = await store.scan({ range: { kind: "prefix", prefix: "" }, limit: 1_000 });
  if (continuation !== undefined) throw new Error("more counters than a page holds");
  return new Map(entries.map((entry) => [entry.key, Number(textDecoder.decode(entry.value))]));
}

/** Long values of one counter: the log and the state are to be compacted while it counts. */
function encode(count: number): Uint8Array {
  return textEncoder.encode(String(count).padStart(200, "0"));
}
