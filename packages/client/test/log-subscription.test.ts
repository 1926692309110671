import type { LogBatch, LogIndex, LogRecord, LogSubscription, TransportStream } from "@aspenjs/api";
import { decodeLogAsk, encodeLogTell, joinFrames, type LogTell } from "@aspenjs/protocol";
import { describe, expect, test } from "vitest";
import { ScriptedCluster } from "./scripted-cluster.ts";

const LAST = 5;

const blank = (index: LogIndex): LogRecord => ({ index, term: 1, kind: "blank" });
const opened = (fromIndex: LogIndex): LogTell => ({ kind: "opened", fromIndex });
const record = (index: LogIndex): LogTell => ({ kind: "record", record: blank(index) });
const progress = (throughIndex: LogIndex): LogTell => ({ kind: "progress", throughIndex, committedIndex: LAST });

async function tell(stream: TransportStream, tells: readonly LogTell[]): Promise<void> {
  await stream.write(joinFrames(tells.map(encodeLogTell)));
}

/** Tells all there is, one batch for each entry, and no more. */
async function tellRightly(stream: TransportStream): Promise<void> {
  const { fromIndex = LAST + 1 } = decodeLogAsk(stream.header);
  await tell(stream, [opened(fromIndex)]);
  for (let index = fromIndex; index <= LAST; index += 1) await tell(stream, [record(index), progress(index)]);
  for await (const _chunk of stream) continue;
}

async function indexesOf(subscription: LogSubscription): Promise<readonly LogIndex[]> {
  const indexes: LogIndex[] = [];
  for await (const batch of subscription) {
    indexes.push(...batch.records.map(({ index }) => index));
    if (batch.throughIndex >= LAST) break;
  }
  return indexes;
}

describe("a subscription to the log at its reader's side", () => {
  test.each<readonly [string, readonly LogTell[]]>([
    ["an entry twice in a batch", [opened(1), record(1), record(1), progress(1)]],
    ["an entry again in the next batch", [opened(1), record(1), progress(1), record(1), progress(1)]],
    ["entries in another order", [opened(1), record(2), record(1), progress(2)]],
    ["less far than what it told", [opened(1), record(1), record(2), progress(1)]],
    ["what it has not opened", [record(1), progress(1), opened(1)]],
    ["what lies behind that which was asked for", [opened(3), record(3), progress(3)]],
    ["half a batch", [opened(1), record(1)]],
    ["nothing", []],
  ])("L7: a node that tells %s is left, and nothing is doubled or missing", async (_name, tells) => {
    const cluster = new ScriptedCluster();
    let streamCount = 0;
    cluster.serveLog = async (stream, count) => {
      streamCount = count + 1;
      if (count > 0) return tellRightly(stream);
      if (tells.length > 0) await tell(stream, tells);
    };
    await cluster.start(2);
    const client = await cluster.connect();
    const subscription = await cluster.clock.run(client.log.subscribe({ fromIndex: 1 }));
    expect(await cluster.clock.run(indexesOf(subscription))).toEqual([1, 2, 3, 4, 5]);
    expect(streamCount).toBe(2);
  });

  test("L7: where the reader stands is what was told, whatever of it was left out on the way", async () => {
    const cluster = new ScriptedCluster();
    const asked: (LogIndex | undefined)[] = [];
    cluster.serveLog = async (stream, count) => {
      asked.push(decodeLogAsk(stream.header).fromIndex);
      if (count > 0) return tellRightly(stream);
      await tell(stream, [opened(1), record(2), progress(3)]);
    };
    await cluster.start(2);
    const client = await cluster.connect();
    const subscription = await cluster.clock.run(client.log.subscribe({ fromIndex: 1 }));
    const batches: LogBatch[] = [];
    const reading = (async () => {
      for await (const batch of subscription) {
        batches.push(batch);
        if (batch.throughIndex >= LAST) break;
      }
    })();
    await cluster.clock.run(reading);
    expect(batches[0]).toEqual({ records: [blank(2)], throughIndex: 3, committedIndex: LAST });
    expect(asked).toEqual([1, 4]);
  });
});
