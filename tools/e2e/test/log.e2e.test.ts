import { setTimeout as sleep } from "node:timers/promises";
import type { LogRecord, LogSubscription } from "@aspenjs/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CountingWriter } from "../src/counting-writer.ts";
import { ProcessCluster } from "../src/process-cluster.ts";

const DEATHS = 10;
const COUNTER = "counter";
/** Written last, so that followers know where to stop. */
const END = "count-end";
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

/** Everything that was told, up to the entry that sets the end; each batch goes on where the one before it ended. */
async function follow(subscription: LogSubscription): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  let throughIndex = subscription.fromIndex - 1;
  for await (const batch of subscription) {
    for (const record of batch.records) {
      expect(record.index).toBeGreaterThan(records.at(-1)?.index ?? 0);
      expect(record.index).toBeGreaterThan(throughIndex);
      records.push(record);
    }
    expect(batch.throughIndex).toBeGreaterThanOrEqual(throughIndex);
    throughIndex = batch.throughIndex;
    if (batch.records.some(isEnd)) break;
  }
  return records;
}

function isEnd(record: LogRecord): boolean {
  return record.kind === "command" && record.action.kind === "set" && record.action.key === END;
}

/** What the counter was swapped for, in the order of the log, whatever was sent twice counted once. */
function countsIn(records: readonly LogRecord[]): readonly number[] {
  const writes = new Set<string>();
  return records.flatMap((record) => {
    if (record.kind !== "command" || record.action.kind !== "compareAndSwap") return [];
    const write = `${record.write?.sessionId} ${record.write?.sequence}`;
    if (writes.has(write)) return [];
    writes.add(write);
    return [Number(textDecoder.decode(record.action.value))];
  });
}

test("followers of the log live through ten kill -9 of leaders and of every other node: every entry once, in order", async () => {
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const subscribe = async (keyPrefixes?: readonly string[], endpoint?: string): Promise<LogSubscription> => {
    const { log } = await cluster.connect({ deadlineMs: 60_000, ...(endpoint === undefined ? {} : { endpoint }) });
    const filter = keyPrefixes === undefined ? {} : { keyPrefixes };
    return log.subscribe({ fromIndex: 1, progressEveryMs: 500, ...filter });
  };
  const followings = [
    follow(await subscribe()),
    follow(await subscribe()),
    follow(await subscribe(["count"])),
  ] as const;
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
  await client.store.write({ kind: "set", key: END, value: new Uint8Array() });
  const [whole, again, filtered] = await Promise.all(followings);
  expect(whole.map(({ index }) => index)).toEqual(Array.from(whole, (_, position) => position + 1));
  expect(countsIn(whole)).toEqual(Array.from({ length: acknowledged }, (_, count) => count + 1));
  expect(again).toEqual(whole);
  // Whoever asked for some keys was told the same of those, and nothing else.
  const commands = whole.filter((record) => record.kind === "command" && "key" in record.action);
  expect(filtered).toEqual(commands);
  // From the beginning, whoever is asked, those that died among them.
  for (const nodeId of [1, 2, 3]) {
    expect(await follow(await subscribe(undefined, cluster.node(nodeId).address))).toEqual(whole);
  }
}, 300_000);
