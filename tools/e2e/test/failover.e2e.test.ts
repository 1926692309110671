import type { KeyValueStore } from "@aspenjs/api";
import { afterEach, expect, test } from "vitest";
import { CountingWriter, readCounter } from "../src/counting-writer.ts";
import { ProcessCluster } from "../src/process-cluster.ts";

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const QUICK_MS = 2_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function expectExact(writer: CountingWriter, store: KeyValueStore): Promise<void> {
  const report = await writer.stop();
  expect(report.errors.map((error) => `${error.code}: ${error.message}`)).toEqual([]);
  expect(await readCounter(store, "counter")).toBe(report.acknowledged);
}

test.each(["SIGKILL", "SIGSTOP"] as const)(
  "a leader lost to %s costs no write and doubles none",
  async (signal) => {
    cluster = await ProcessCluster.form(3);
    const client = await cluster.connect({ deadlineMs: 60_000 });
    const writer = new CountingWriter(client.store, "counter");
    await writer.start();
    for (let round = 0; round < 2; round += 1) {
      const leader = await cluster.leader(client);
      await writer.advancedBy(50);
      // At any instant of a write, and not at its acknowledgement.
      await pause(Math.random() * 20);
      leader.signal(signal);
      await writer.advancedBy(50);
      if (signal === "SIGSTOP") leader.signal("SIGCONT");
      else {
        await leader.kill();
        await leader.start();
      }
    }
    await expectExact(writer, client.store);
  },
  300_000,
);

test("a write that every follower holds when the leader dies before it could answer takes effect once", async () => {
  cluster = await ProcessCluster.form(3);
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const writer = new CountingWriter(client.store, "counter");
  await writer.start();
  for (let round = 0; round < 2; round += 1) {
    await writer.advancedBy(10);
    const leader = await cluster.leader(client);
    const followers = [...cluster.nodes.values()].filter((node) => node !== leader);
    const watcher = await cluster.connect({ endpoint: leader.address });
    for (const node of followers) node.signal("SIGSTOP");
    // What the leader has sent lies in the followers' sockets, and outlives it there.
    for (;;) {
      const { lastLogId, committedIndex } = await watcher.cluster.getMetrics();
      if (lastLogId.index > committedIndex) break;
      await pause(10);
    }
    await leader.kill();
    for (const node of followers) node.signal("SIGCONT");
    await writer.advancedBy(10);
    await cluster.disconnect(watcher);
    await leader.start();
  }
  await expectExact(writer, client.store);
}, 300_000);

test("a killed leader is replaced long before the patience of a follower ends", async () => {
  cluster = await ProcessCluster.form(3, ["--election-ms-min", "4000", "--election-ms-max", "5000"]);
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const writer = new CountingWriter(client.store, "counter");
  await writer.start();
  let gapMs = Number.POSITIVE_INFINITY;
  // Two rivals may split the vote, and then patience ends it after all: but not time after time.
  for (let round = 0; round < 6 && gapMs > QUICK_MS; round += 1) {
    const leader = await cluster.leader(client);
    await writer.advancedBy(20);
    writer.takeLongestGapMs();
    await leader.kill();
    await writer.advancedBy(20);
    gapMs = writer.takeLongestGapMs();
    await leader.start();
  }
  await writer.stop();
  expect(gapMs).toBeLessThan(QUICK_MS);
}, 300_000);
