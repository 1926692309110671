import { setTimeout as sleep } from "node:timers/promises";
import type { Watch } from "@aspenjs/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CountingWriter } from "../src/counting-writer.ts";
import { ProcessCluster } from "../src/process-cluster.ts";

const DEATHS = 10;
const COUNTER = "counter";
const BETWEEN_DEATHS = 40;
const RESTART_MS = 100;

const textDecoder = new TextDecoder();

let cluster: ProcessCluster;

beforeAll(async () => {
  cluster = await ProcessCluster.form(3);
}, 180_000);

afterAll(async () => {
  await cluster.close();
}, 60_000);

/** What the counter was, one after the other, until `last`. */
async function follow(watch: Watch, last: () => number | undefined): Promise<number[]> {
  const seen: number[] = [];
  for await (const { changes } of watch) {
    for (const change of changes) {
      expect(change.kind).toBe("put");
      if (change.kind === "put") seen.push(Number(textDecoder.decode(change.entry.value)));
    }
    if (seen.at(-1) === last()) break;
  }
  return seen;
}

test("watchers follow across ten kill -9 of leaders and of every other node: nothing is missing, nothing doubled", async () => {
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const filters = [
    { kind: "key", key: COUNTER },
    { kind: "prefix", prefix: "count" },
    { kind: "range", start: "c", end: "d" },
  ] as const;
  const followers = await Promise.all(
    filters.map(async (filter) => {
      const { store } = await cluster.connect({ deadlineMs: 60_000 });
      return store.watch({ filter, progressEveryMs: 500 });
    }),
  );
  const end: { count: number | undefined } = { count: undefined };
  const following = followers.map((watch) => follow(watch, () => end.count));
  const writer = new CountingWriter(client.store, COUNTER);
  await writer.start();
  for (let death = 0; death < DEATHS; death += 1) {
    await writer.advancedBy(BETWEEN_DEATHS);
    const node = death % 2 === 0 ? await cluster.leader(client) : cluster.node(1 + ((death >> 1) % 3));
    await node.kill();
    await writer.advancedBy(BETWEEN_DEATHS);
    await sleep(RESTART_MS);
    await node.start();
  }
  const { acknowledged, errors } = await writer.stop();
  expect(errors).toEqual([]);
  end.count = acknowledged;
  await client.store.write({ kind: "set", key: COUNTER, value: new TextEncoder().encode(String(acknowledged)) });
  const expected = [...Array.from({ length: acknowledged + 1 }, (_, count) => count), acknowledged];
  for (const seen of await Promise.all(following)) {
    // The last count is there twice, or once when the reader had enough with the first.
    expect(seen).toEqual(expected.slice(0, Math.max(seen.length, acknowledged + 1)));
  }
  // From the beginning, whoever is asked: the history came through all of it.
  for (const nodeId of [1, 2, 3]) {
    const { store } = await cluster.connect({ endpoint: cluster.node(nodeId).address, deadlineMs: 60_000 });
    const watch = await store.watch({ filter: { kind: "key", key: COUNTER }, fromRevision: 1 });
    expect(await follow(watch, () => acknowledged)).toEqual(expected.slice(0, acknowledged + 1));
  }
}, 300_000);
