import { AspenError, type KeyValueStore, type WriteCommand, type WriteResultOf } from "@aspenjs/api";
import { createMemoryKeyValueStore } from "@aspenjs/api/memory";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { storeWith, textBytes } from "../test/memory-host.ts";
import { Importer, type ImporterOptions, type ImportProgress } from "./importer.ts";
import { readLines } from "./line-reader.ts";
import { formatRecord } from "./record-line.ts";
import { decodeText } from "./value-text.ts";

/** Writes arrive when the test says so, in the order that it says. */
class SlowStore implements KeyValueStore {
  readonly inner = createMemoryKeyValueStore();
  readonly pending: (() => void)[] = [];
  inFlightMax = 0;
  #inFlight = 0;

  async write<Command extends WriteCommand>(command: Command): Promise<WriteResultOf<Command>> {
    this.#inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.#inFlight);
    await new Promise<void>((resolve) => this.pending.push(resolve));
    this.#inFlight -= 1;
    return this.inner.write(command);
  }

  get = this.inner.get.bind(this.inner);
  getMulti = this.inner.getMulti.bind(this.inner);
  scan = this.inner.scan.bind(this.inner);
  keepLeaseAlive = this.inner.keepLeaseAlive.bind(this.inner);
  getLease = this.inner.getLease.bind(this.inner);
  listLeases = this.inner.listLeases.bind(this.inner);
  watch = this.inner.watch.bind(this.inner);
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function lines(...texts: readonly string[]) {
  return readLines(
    (async function* source() {
      yield textBytes(texts.map((text) => `${text}\n`).join(""));
    })(),
    1_000_000,
  );
}

function recordsOf(pairs: readonly (readonly [string, string])[]) {
  return lines(...pairs.map(([key, value]) => formatRecord({ key, value: textBytes(value) })));
}

function importer(store: KeyValueStore, options: Partial<ImporterOptions> = {}): Importer {
  return new Importer({ store, batchPairs: 2, concurrency: 3, signal: new AbortController().signal, ...options });
}

async function contentsOf(store: KeyValueStore): Promise<Readonly<Record<string, string | undefined>>> {
  const { entries } = await store.scan({ range: { kind: "prefix", prefix: "" } });
  return Object.fromEntries(entries.map(({ key, value }) => [key, decodeText(value)]));
}

test("I1: for each key the last line wins, in whatever order batches arrive", async () => {
  const pairs = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), fc.string({ maxLength: 3 })), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(
      pairs,
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 4 }),
      async (list, choices, batchPairs) => {
        const store = new SlowStore();
        let isDone = false;
        const run = importer(store, { batchPairs })
          .run(recordsOf(list))
          .finally(() => (isDone = true));
        while (!isDone) {
          await turn();
          const choice = (choices.next().value as number) % Math.max(1, store.pending.length);
          store.pending.splice(choice, 1)[0]?.();
        }
        expect(await run).toMatchObject({ kind: "complete", pairsWritten: list.length, writtenThrough: list.length });
        expect(await contentsOf(store.inner)).toEqual(Object.fromEntries(list));
      },
    ),
    { numRuns: 200 },
  );
});

test("I2: as many batches as allowed are on their way, and no more", async () => {
  const store = new SlowStore();
  const pairs = Array.from({ length: 20 }, (_, position): [string, string] => [`key ${position}`, ""]);
  let isDone = false;
  const run = importer(store)
    .run(recordsOf(pairs))
    .finally(() => (isDone = true));
  while (!isDone) {
    await turn();
    expect(store.pending.length).toBeLessThanOrEqual(3);
    store.pending.shift()?.();
  }
  await run;
  expect(store.inFlightMax).toBe(3);
});

test("I2: a batch of large values is sent before it has all its pairs", async () => {
  const sizes: number[] = [];
  const store = createMemoryKeyValueStore();
  const counting = storeWith(store, {
    write: (command) => {
      if (command.kind === "setMulti") sizes.push(command.pairs.length);
      return store.write(command);
    },
  });
  const large = "x".repeat(600_000);
  const pairs = ["a", "b", "c", "d", "e"].map((key): [string, string] => [key, large]);
  await importer(counting, { batchPairs: 100 }).run(recordsOf(pairs));
  expect(sizes).toEqual([2, 2, 1]);
});

describe("I3: the run ends early, and says how far it got", () => {
  test("at a bad line, after everything before it", async () => {
    const store = createMemoryKeyValueStore();
    const good = formatRecord({ key: "a", value: textBytes("1") });
    const outcome = await importer(store).run(lines(good, "nonsense", good));
    expect(outcome).toMatchObject({ kind: "badLine", line: 2, pairsWritten: 1, writtenThrough: 1 });
    expect(await contentsOf(store)).toEqual({ a: "1" });
  });

  test("at an interruption, when what was on its way has arrived", async () => {
    const store = new SlowStore();
    const aborting = new AbortController();
    const pairs = Array.from({ length: 100 }, (_, position): [string, string] => [`key ${position}`, ""]);
    const run = importer(store, { signal: aborting.signal }).run(recordsOf(pairs));
    await turn();
    aborting.abort();
    while (store.pending.length > 0) {
      store.pending.shift()?.();
      await turn();
    }
    const outcome = await run;
    expect(outcome.kind).toBe("interrupted");
    expect(outcome.pairsWritten).toBe(outcome.writtenThrough);
    expect(Object.keys(await contentsOf(store.inner))).toHaveLength(outcome.writtenThrough);
  });

  test("lines behind one that has not arrived do not count as written through", async () => {
    const store = new SlowStore();
    const seen: ImportProgress[] = [];
    const pairs = Array.from({ length: 6 }, (_, position): [string, string] => [`key ${position}`, ""]);
    const run = importer(store, { onProgress: (progress) => seen.push(progress) }).run(recordsOf(pairs));
    await turn();
    const [first, second, third] = store.pending;
    for (const arrive of [third, first, second]) {
      arrive?.();
      await turn();
    }
    await run;
    expect(seen.map(({ pairsWritten, writtenThrough }) => [pairsWritten, writtenThrough])).toEqual([
      [2, 0],
      [4, 2],
      [6, 6],
    ]);
  });

  test("at a failure: lines behind the failed ones do not count as written through", async () => {
    const inner = createMemoryKeyValueStore();
    let calls = 0;
    const failing = storeWith(inner, {
      write: async (command) => {
        calls += 1;
        if (calls === 2) throw new AspenError("disk_full", "no room");
        return inner.write(command);
      },
    });
    const pairs = Array.from({ length: 6 }, (_, position): [string, string] => [`key ${position}`, ""]);
    const outcome = await importer(failing).run(recordsOf(pairs));
    expect(outcome).toMatchObject({ kind: "failed", writtenThrough: 2 });
    expect(outcome.kind === "failed" && outcome.error.code).toBe("disk_full");
  });
});
