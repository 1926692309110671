import { setTimeout as sleep } from "node:timers/promises";
import type { CommandRecord, LogBatch, LogRecord, LogSubscription } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NodeConfig } from "../src/node-config.ts";
import { MemoryCluster } from "./memory-cluster.ts";

let cluster: MemoryCluster;

beforeEach(() => {
  cluster = new MemoryCluster();
});

afterEach(() => cluster.close());

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A part of the subscription, which goes on. */
async function recordsUntil(subscription: LogSubscription, isLast: (record: LogRecord) => boolean) {
  const reader = subscription[Symbol.asyncIterator]();
  const records: LogRecord[] = [];
  let batch: LogBatch | undefined;
  while (batch === undefined || !batch.records.some(isLast)) {
    const { done, value } = await reader.next();
    if (done === true) throw new Error("the subscription has ended");
    batch = value;
    records.push(...batch.records);
  }
  return { records, batch };
}

function setsKey(key: string): (record: LogRecord) => boolean {
  return (record) => record.kind === "command" && record.action.kind === "set" && record.action.key === key;
}

/** What was set, each write once: copies of one write are in the log as often as they reached a leader. */
function writesOf(records: readonly LogRecord[]): string[] {
  const seen = new Set<string>();
  return records.flatMap((record) => {
    if (record.kind !== "command" || record.action.kind !== "set") return [];
    const { write, action } = record as CommandRecord & { readonly action: { readonly value: Uint8Array } };
    const identity = `${write?.sessionId} ${write?.sequence}`;
    if (seen.has(identity)) return [];
    seen.add(identity);
    return [Buffer.from(action.value).toString()];
  });
}

async function setKey(client: AspenClient, key: string, text = key): Promise<void> {
  await client.store.write({ kind: "set", key, value: bytes(text) }, { deadlineMs: 30_000 });
}

describe("the log of a cluster of three nodes", () => {
  test("is told from its first entry on, then as it grows, by every node alike", async () => {
    await cluster.form(1, 2, 3);
    const client = await cluster.connect();
    await setKey(client, "a");
    await using subscription = await client.log.subscribe({ fromIndex: 1 });
    expect(subscription.fromIndex).toBe(1);
    await setKey(client, "b");
    const { records, batch } = await recordsUntil(subscription, setsKey("b"));
    expect(records.map(({ index }) => index)).toEqual(records.map((_, position) => position + 1));
    expect(records[0]).toMatchObject({ kind: "membership", membership: { voters: [1, 2, 3] } });
    expect(records.filter(({ kind }) => kind === "blank").length).toBeGreaterThan(0);
    expect(records.find(setsKey("a"))).toMatchObject({
      isPartial: false,
      write: { sequence: 1 },
      action: { kind: "set", key: "a", value: bytes("a") },
    });
    expect(batch.throughIndex).toBe(records.at(-1)?.index);
    expect(batch.committedIndex).toBeGreaterThanOrEqual(batch.throughIndex);
    for (const nodeId of [1, 2, 3]) {
      const pinned = await cluster.connect(cluster.ticket(), cluster.node(nodeId).addresses[0]);
      await using same = await pinned.log.subscribe({ fromIndex: 1 });
      expect((await recordsUntil(same, setsKey("b"))).records).toEqual(records);
    }
  });

  test("begins, without an index, behind all that was acknowledged, whichever node is asked", async () => {
    await cluster.form(1, 2, 3);
    const client = await cluster.connect();
    for (const nodeId of [1, 2, 3]) {
      await setKey(client, `before ${nodeId}`);
      const pinned = await cluster.connect(cluster.ticket(), cluster.node(nodeId).addresses[0]);
      await using subscription = await pinned.log.subscribe();
      await setKey(client, `after ${nodeId}`);
      const { records } = await recordsUntil(subscription, setsKey(`after ${nodeId}`));
      expect(records.filter(setsKey(`before ${nodeId}`))).toEqual([]);
    }
  });

  test("L4, L7: is whole across changes of the leader and restarts of every node", async () => {
    await cluster.form(1, 2, 3);
    const client = await cluster.connect();
    await using subscription = await client.log.subscribe({ fromIndex: 1 });
    const following = recordsUntil(subscription, setsKey("end"));
    const written: string[] = [];
    let isWriting = true;
    const writing = (async () => {
      for (let count = 0; isWriting; count += 1) {
        await setKey(client, "counter", String(count));
        written.push(String(count));
        await sleep(1);
      }
    })();
    for (const nodeId of [1, 2, 3]) {
      await sleep(100);
      const { nodeId: leader } = (await client.cluster.getLeader()) ?? { nodeId: 1 };
      await client.cluster.transferLeadership((leader % 3) + 1, { deadlineMs: 10_000 });
      await sleep(100);
      await cluster.restartNode(nodeId);
      await sleep(300);
    }
    isWriting = false;
    await writing;
    await setKey(client, "end");
    const { records } = await following;
    expect(records.map(({ index }) => index)).toEqual(records.map((_, position) => position + 1));
    expect(written.length).toBeGreaterThan(50);
    expect(writesOf(records)).toEqual([...written, "end"]);
    expect(new Set(records.map(({ term }) => term)).size).toBeGreaterThan(2);
    for (const nodeId of [1, 2, 3]) {
      const pinned = await cluster.connect(cluster.ticket(), cluster.node(nodeId).addresses[0]);
      await using same = await pinned.log.subscribe({ fromIndex: 1 });
      expect((await recordsUntil(same, setsKey("end"))).records).toEqual(records);
    }
  }, 60_000);

  test("goes on elsewhere from the last batch that was read, as if it had never ended", async () => {
    await cluster.form(1, 2, 3);
    const client = await cluster.connect();
    for (let count = 0; count < 20; count += 1) await setKey(client, `k${count}`);
    const first = await client.log.subscribe({ fromIndex: 1 });
    const { value } = await first[Symbol.asyncIterator]().next();
    await first.close();
    const throughIndex = value?.throughIndex ?? 0;
    expect(throughIndex).toBeGreaterThan(0);
    const other = await cluster.connect();
    await setKey(client, "last");
    await using second = await other.log.subscribe({ fromIndex: throughIndex + 1 });
    const { records } = await recordsUntil(second, setsKey("last"));
    const indices = [...(value?.records ?? []), ...records].map(({ index }) => index);
    expect(indices).toEqual(indices.map((_, position) => position + 1));
  });
});

describe("a log that was compacted", () => {
  const config: Partial<NodeConfig> = { compactionEntries: 20, retainedEntriesMin: 10 };

  test("is refused before its first entry, which the refusal names, and told from there on", async () => {
    await cluster.startNode(1, { config });
    await cluster.node(1).controller.init(cluster.records([1]));
    const client = await cluster.connect();
    for (let count = 0; count < 100; count += 1) await setKey(client, `k${count}`);
    const refusal: unknown = await client.log.subscribe({ fromIndex: 1 }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "index_not_available", retryable: false });
    const firstIndex = Number((refusal as { readonly details: Record<string, unknown> }).details["firstIndex"]);
    expect(firstIndex).toBeGreaterThan(1);
    await using subscription = await client.log.subscribe({ fromIndex: firstIndex });
    const { records } = await recordsUntil(subscription, setsKey("k99"));
    expect(records[0]?.index).toBe(firstIndex);
    // A node that starts anew has its log as it had it.
    await cluster.restartNode(1, { config });
    const again = await cluster.connect();
    await expect(again.log.subscribe({ fromIndex: 1 })).rejects.toMatchObject({ code: "index_not_available" });
  }, 30_000);
});

describe("who may read the log", () => {
  test("a ticket with prefixes is told of its keys, and may ask for less but not for more", async () => {
    await cluster.form(1);
    const client = await cluster.connect();
    const scoped = await cluster.connect(cluster.ticket({ access: "read", keyPrefixes: ["a/", "b/"] }));
    await using all = await scoped.log.subscribe({ fromIndex: 1 });
    await using some = await scoped.log.subscribe({ fromIndex: 1, keyPrefixes: ["a/x"] });
    for (const keyPrefixes of [["c"], ["a/", "a"], [""]]) {
      await expect(scoped.log.subscribe({ keyPrefixes })).rejects.toMatchObject({ code: "forbidden" });
    }
    const value = bytes("v");
    const pairs = ["a/x", "b/y", "c/z"].map((key) => ({ key, value }));
    await client.store.write({ kind: "setMulti", pairs });
    await client.store.write({ kind: "deleteRange", range: { kind: "prefix", prefix: "" } });
    await setKey(client, "a/xend");
    const seen = (await recordsUntil(all, setsKey("a/xend"))).records;
    expect(seen.map((record) => record.kind === "command" && [record.action, record.isPartial])).toEqual([
      [{ kind: "setMulti", pairs: pairs.slice(0, 2) }, true],
      [{ kind: "deleteRange", range: { kind: "range", start: "a/", end: "b0" } }, true],
      [{ kind: "set", key: "a/xend", value: bytes("a/xend") }, false],
    ]);
    const less = (await recordsUntil(some, setsKey("a/xend"))).records;
    expect(less.map((record) => record.kind === "command" && record.action)).toEqual([
      { kind: "setMulti", pairs: pairs.slice(0, 1) },
      { kind: "deleteRange", range: { kind: "prefix", prefix: "a/x" } },
      { kind: "set", key: "a/xend", value: bytes("a/xend") },
    ]);
  });

  test("a ticket that expires ends the subscription", async () => {
    await cluster.form(1);
    const expiresAtMs = Date.now() + 1_500;
    const client = await cluster.connect(cluster.ticket({ access: "read", expiresAtMs }));
    const subscription = await client.log.subscribe();
    await expect(subscription[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "unauthorized" });
  }, 20_000);
});

describe("the end of a subscription", () => {
  test("comes with closing it, with its signal, and with its client", async () => {
    await cluster.form(1);
    const client = await cluster.connect();
    const [closed, aborted, last] = await Promise.all([
      client.log.subscribe(),
      client.log.subscribe(),
      client.log.subscribe(),
    ]);
    const waiting = closed[Symbol.asyncIterator]().next();
    await closed.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await closed.close();
    const abort = new AbortController();
    const other = await client.log.subscribe({}, { signal: abort.signal });
    const stopped = other[Symbol.asyncIterator]().next();
    abort.abort("enough");
    await expect(stopped).rejects.toMatchObject({ code: "timeout", cause: "enough" });
    await setKey(client, "a");
    expect((await recordsUntil(aborted, setsKey("a"))).records.length).toBeGreaterThan(0);
    for await (const { records } of last) if (records.some(setsKey("a"))) break;
    expect(await last[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    const open = aborted[Symbol.asyncIterator]().next();
    await Promise.all([expect(open).rejects.toMatchObject({ code: "shutting_down" }), client.close()]);
    await expect(client.log.subscribe()).rejects.toMatchObject({ code: "shutting_down" });
  });

  test("what could never be told is refused before anyone is asked", async () => {
    await cluster.form(1);
    const client = await cluster.connect();
    const requests = [
      { fromIndex: 0 },
      { fromIndex: 1.5 },
      { keyPrefixes: ["\uD800"] },
      { keyPrefixes: ["x".repeat(1_025)] },
      { keyPrefixes: Array.from({ length: 17 }, () => "a") },
      { progressEveryMs: 99 },
    ];
    for (const request of requests) {
      await expect(client.log.subscribe(request)).rejects.toMatchObject({ code: "invalid_request" });
    }
  });
});
