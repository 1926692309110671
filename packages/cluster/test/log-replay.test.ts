import { AspenError, limits, type LogBatch, type LogIndex, type LogSubscription } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ToldLog } from "./told-log.ts";

const KEYS = ["a", "b", "ba", "c"] as const;
const NODES = 3;

/** Reads when it is told to, and keeps what it got. */
class SteppedReader {
  readonly batches: LogBatch[] = [];
  end: AspenError | undefined;
  readonly #reader: AsyncIterator<LogBatch, undefined>;
  #isReading = false;

  constructor(subscription: LogSubscription) {
    this.#reader = subscription[Symbol.asyncIterator]();
  }

  get indices(): LogIndex[] {
    return this.batches.flatMap(({ records }) => records.map(({ index }) => index));
  }

  get throughIndex(): LogIndex {
    return this.batches.at(-1)?.throughIndex ?? 0;
  }

  /** One more batch, whenever it comes. */
  read(): void {
    if (this.#isReading || this.end !== undefined) return;
    this.#isReading = true;
    this.#reader.next().then(
      ({ done, value }) => {
        this.#isReading = false;
        if (done !== true) this.batches.push(value);
      },
      (error: unknown) => {
        this.#isReading = false;
        if (!(error instanceof AspenError)) throw error;
        this.end = error;
      },
    );
  }
}

const node = fc.integer({ min: 1, max: NODES });
const step = fc.oneof(
  fc.record({
    kind: fc.constant("commit" as const),
    keys: fc.array(fc.subarray([...KEYS], { minLength: 1 }), { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant("apply" as const), node, back: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant("purge" as const), node, keep: fc.nat({ max: 8 }) }),
  fc.record({ kind: fc.constant("purgeAll" as const), keep: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant("reset" as const), node }),
  fc.record({ kind: fc.constant("forget" as const), node }),
  fc.record({ kind: fc.constant("read" as const) }),
  fc.record({ kind: fc.constant("read" as const) }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(1, 3, 20, 1_500) }),
);

describe("the log, told by nodes that come and go", () => {
  test("L4, L7: replay and what comes after it are one sequence without gaps and doubles, or an end that was due", async () => {
    const seen = { lagged: 0, whole: 0, filtered: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 50 }),
        fc.nat({ max: 12 }),
        fc.nat({ max: 14 }),
        fc.constantFrom<readonly string[]>([], ["b"], ["a", "c"]),
        async (steps, committedBefore, from, keyPrefixes) => {
          const log = await new ToldLog().start(NODES);
          const { clock } = log;
          const client = await log.connect();
          const keysOf = new Map<LogIndex, readonly string[]>();
          const commit = (keys: readonly string[]) => keysOf.set(log.commit({ kind: "deleteMulti", keys }), keys);
          for (let count = 0; count < committedBefore; count += 1) commit(["a"]);
          for (const each of log.nodes) each.applyThrough(log.entries.length);
          const fromIndex = from + 1;
          const subscription = await clock.settle(
            client.log.subscribe({ fromIndex, keyPrefixes, progressEveryMs: 100 }),
          );
          const reader = new SteppedReader(subscription);
          for (const done of steps) {
            switch (done.kind) {
              case "commit":
                for (const keys of done.keys) commit(keys);
                break;
              case "apply":
                log.node(done.node).applyThrough(log.entries.length - done.back);
                break;
              case "purge":
                log.node(done.node).purgeThrough(log.entries.length - done.keep);
                break;
              case "purgeAll":
                for (const each of log.nodes) each.purgeThrough(log.entries.length - done.keep);
                break;
              case "reset":
                log.reset(done.node);
                break;
              case "forget":
                log.node(done.node).hasLeader = !log.node(done.node).hasLeader;
                break;
              case "read":
                reader.read();
                await clock.advance(2);
                break;
              case "pass":
                await clock.advance(done.ms);
            }
          }
          // Everything heals, and the reader reads on.
          for (const each of log.nodes) {
            each.hasLeader = true;
            each.applyThrough(log.entries.length);
          }
          const isDone = () => reader.end !== undefined || reader.throughIndex >= log.entries.length;
          for (let turn = 0; turn < 400 && !isDone(); turn += 1) {
            reader.read();
            await clock.advance(100);
          }
          const indices = reader.indices;
          const isTold = (keys: readonly string[]) =>
            keyPrefixes.length === 0 || keys.some((key) => keyPrefixes.some((prefix) => key.startsWith(prefix)));
          const told = log.entries.filter(({ index }) => index >= fromIndex && isTold(keysOf.get(index) ?? []));
          const expected = told.filter(({ index }) => index <= reader.throughIndex).map(({ index }) => index);
          expect(indices).toEqual(expected);
          seen.filtered += expected.length < reader.throughIndex - fromIndex + 1 ? 1 : 0;
          if (reader.end === undefined) {
            expect(reader.throughIndex).toBeGreaterThanOrEqual(log.entries.length);
            seen.whole += 1;
          } else {
            seen.lagged += 1;
            expect(reader.end).toMatchObject({ code: "lagged" });
            const lastIndex = Number(reader.end.details["lastIndex"]);
            expect(lastIndex).toBeGreaterThanOrEqual(reader.throughIndex);
            expect(log.nodes.some(({ purged }) => purged > lastIndex)).toBe(true);
          }
          await clock.settle(client.close());
        },
      ),
      { numRuns: 600 },
    );
    // What is never met is not tested.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
  }, 60_000);

  test("L5, L8: a reader who stalls stops the node, and goes on where it was when it reads again", async () => {
    const { log, subscription } = await stalled(30);
    const [node] = log.nodes;
    const readBefore = Math.max(...(node?.reads ?? []));
    // What the client and the transport hold, and the page that waits: far from all of it.
    expect(readBefore).toBeLessThan(20);
    await log.clock.advance(60_000);
    expect(Math.max(...(node?.reads ?? []))).toBe(readBefore);
    const reader = new SteppedReader(subscription);
    while (reader.throughIndex < 30) {
      reader.read();
      await log.clock.advance(5);
    }
    expect(reader.indices).toEqual(Array.from({ length: 30 }, (_, position) => position + 1));
  });

  test("L5: a reader who stalls until its place is gone everywhere meets lagged behind what it had", async () => {
    const { log, subscription } = await stalled(30);
    for (const node of log.nodes) node.purgeThrough(29);
    const reader = new SteppedReader(subscription);
    for (let turn = 0; turn < 200 && reader.end === undefined; turn += 1) {
      reader.read();
      await log.clock.advance(50);
    }
    const count = reader.indices.length;
    expect(reader.indices).toEqual(Array.from({ length: count }, (_, position) => position + 1));
    expect(count).toBeLessThan(30);
    expect(reader.end).toMatchObject({ code: "lagged", details: { lastIndex: count } });
  });

  test("L9: what one node no longer has, another may; the first index is the earliest of all", async () => {
    const log = await new ToldLog().start(NODES);
    const { clock } = log;
    for (let count = 0; count < 10; count += 1) log.commit({ kind: "delete", key: "a" });
    for (const [position, node] of log.nodes.entries()) {
      node.applyThrough(10);
      node.purgeThrough(8 - position * 2);
    }
    const client = await log.connect();
    const refused = client.log.subscribe({ fromIndex: 4 });
    await expect(clock.settle(refused)).rejects.toMatchObject({
      code: "index_not_available",
      details: { firstIndex: 5 },
    });
    const reader = new SteppedReader(await clock.settle(client.log.subscribe({ fromIndex: 5 })));
    reader.read();
    await clock.advance(50);
    expect(reader.indices).toEqual([5, 6, 7]);
    await clock.settle(client.close());
    reader.read();
    reader.read();
    await clock.advance(50);
    reader.read();
    await clock.advance(50);
    expect(reader.end?.code).toBe("shutting_down");
  });

  test("L6: a ticket that ends, or reaches less, does so for the next page", async () => {
    const log = await new ToldLog().start(1);
    const { clock } = log;
    const node = log.node(1);
    const client = await log.connect();
    const reader = new SteppedReader(await clock.settle(client.log.subscribe({ fromIndex: 1 })));
    const commit = async (key: string) => {
      node.applyThrough(log.commit({ kind: "delete", key }));
      reader.read();
      await clock.advance(10);
    };
    await commit("a");
    node.authorize = () => ["b"];
    await commit("a");
    await commit("b");
    expect(reader.indices).toEqual([1, 3]);
    node.authorize = () => {
      throw new AspenError("forbidden", "no more of it");
    };
    await commit("b");
    await clock.advance(5_000);
    expect(reader.indices).toEqual([1, 3]);
    expect(reader.end?.code).toBe("forbidden");
  });

  test("L4: what is applied at whatever moment is told at once, not with the next sign of life", async () => {
    const log = await new ToldLog().start(1);
    const { clock } = log;
    const client = await log.connect();
    const subscription = await clock.settle(client.log.subscribe({ fromIndex: 1 }));
    const reader = new SteppedReader(subscription);
    // The sign of life comes each second: commits fall before it, into it and behind it.
    for (let count = 1; count <= 400; count += 1) {
      await clock.advance(count % 2 === 0 ? 499 : count % 7);
      log.node(1).applyThrough(log.commit({ kind: "delete", key: "a" }));
      reader.read();
      await clock.advance(10);
      expect(reader.indices.length).toBe(count);
    }
  });

  test("a node that hears of no leader for long sends its subscribers elsewhere", async () => {
    const log = await new ToldLog().start(2);
    const { clock } = log;
    const client = await log.connect();
    const reader = new SteppedReader(await clock.settle(client.log.subscribe({ fromIndex: 1 })));
    const left = log.nodes.find(({ reads }) => reads.length > 0);
    if (left === undefined) throw new Error("one of the nodes was asked");
    left.hasLeader = false;
    const index = log.commit({ kind: "delete", key: "a" });
    for (const node of log.nodes) if (node !== left) node.applyThrough(index);
    reader.read();
    await clock.advance(2_500);
    expect(reader.indices).toEqual([]);
    await clock.advance(3_000);
    expect(reader.indices).toEqual([index]);
  });

  test("progress is told while there is nothing to tell, with how far that goes", async () => {
    const log = await new ToldLog().start(1);
    const { clock } = log;
    const client = await log.connect();
    const request = { fromIndex: 1, keyPrefixes: ["b"], progressEveryMs: 1_000 };
    const reader = new SteppedReader(await clock.settle(client.log.subscribe(request)));
    for (let count = 0; count < 20; count += 1) log.commit({ kind: "delete", key: "a" });
    log.node(1).applyThrough(12);
    for (let second = 0; second < 4; second += 1) {
      reader.read();
      await clock.advance(1_000);
    }
    expect(reader.batches.at(-1)).toEqual({ records: [], throughIndex: 12, committedIndex: 20 });
    expect(reader.batches.length).toBeGreaterThan(2);
  });
});

/** A subscription to so many entries of the largest values, of which nothing was read. */
async function stalled(count: number) {
  const log = await new ToldLog().start(2);
  const value = new Uint8Array(limits.valueBytesMax);
  for (let item = 0; item < count; item += 1) log.commit({ kind: "set", key: "a", value });
  for (const node of log.nodes) node.applyThrough(count);
  const client = await log.connect();
  const subscription = await log.clock.settle(client.log.subscribe({ fromIndex: 1 }));
  await log.clock.advance(20_000);
  return { log, subscription };
}
