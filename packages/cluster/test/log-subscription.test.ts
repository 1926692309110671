import type { LogBatch, LogRecord, LogSubscription } from "@aspenjs/api";
import { afterEach, expect, test } from "vitest";
import { MemoryCluster } from "./memory-cluster.ts";

let cluster = new MemoryCluster();

afterEach(async () => {
  await cluster.close();
  cluster = new MemoryCluster();
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Records until one says this of its key. */
async function until(subscription: LogSubscription, isLast: (record: LogRecord) => boolean): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of { [Symbol.asyncIterator]: () => ({ next: () => nextOf(subscription) }) }) {
    records.push(...batch.records);
    if (batch.records.some(isLast)) return records;
  }
  return records;
}

function nextOf(subscription: LogSubscription): Promise<IteratorResult<LogBatch, undefined>> {
  return subscription[Symbol.asyncIterator]().next();
}

function setsKey(key: string): (record: LogRecord) => boolean {
  return (record) => record.kind === "command" && record.action.kind === "set" && record.action.key === key;
}

test("the whole log is told from its first entry on, then what is committed", async () => {
  await cluster.form(1, 2, 3);
  const client = await cluster.connect();
  await client.store.write({ kind: "set", key: "a", value: bytes("1") });
  await using subscription = await client.log.subscribe({ fromIndex: 1 });
  await client.store.write({ kind: "set", key: "b", value: bytes("2") });
  const records = await until(subscription, setsKey("b"));
  expect(records.map(({ index }) => index)).toEqual(records.map((_, position) => position + 1));
  expect(records[0]).toMatchObject({ index: 1, kind: "membership", membership: { voters: [1, 2, 3] } });
  expect(records.find(setsKey("a"))).toMatchObject({
    isPartial: false,
    write: { sequence: 1 },
    action: { kind: "set", key: "a", value: bytes("1") },
  });
});
