import { setTimeout as sleep } from "node:timers/promises";
import { clusterControllerCases, keyValueStoreCases } from "@aspenjs/api/testing";
import type { AspenClient } from "@aspenjs/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProcessCluster } from "../src/process-cluster.ts";

/** The two user-facing contracts, demanded of real processes: LMDB, SQLite, libp2p and the real client. */
const others: ProcessCluster[] = [];
let cluster: ProcessCluster;
let client: AspenClient;
let nextNodeId = 10;

beforeAll(async () => {
  cluster = await ProcessCluster.form(3);
  client = await cluster.connect({ deadlineMs: 30_000 });
}, 180_000);

afterAll(async () => {
  await Promise.all([cluster, ...others].map((each) => each.close()));
}, 60_000);

describe("the key-value store of three processes", () => {
  for (const { name, run } of keyValueStoreCases) test(name, () => run({ store: client.store, pass: sleep }), 120_000);

  test("a read at any node sees the write that was acknowledged before it", async () => {
    const readers = await Promise.all([1, 2, 3].map((id) => cluster.connect({ endpoint: cluster.node(id).address })));
    for (let count = 0; count < 20; count += 1) {
      const value = new TextEncoder().encode(String(count));
      await client.store.write({ kind: "set", key: "fresh", value });
      const read = await Promise.all(readers.map((reader) => reader.store.get({ key: "fresh" })));
      expect(read.map(({ entry }) => entry?.value)).toEqual(readers.map(() => value));
    }
    await Promise.all(readers.map((reader) => cluster.disconnect(reader)));
  }, 120_000);
});

describe("the controller of three processes", () => {
  const subject = {
    get controller() {
      return client.cluster;
    },
    newNode: async () => {
      nextNodeId += 1;
      return (await cluster.startNode(nextNodeId)).record;
    },
    newCluster: async () => {
      const other = await ProcessCluster.create();
      others.push(other);
      const [first, second] = await Promise.all([other.startNode(1), other.startNode(2)]);
      const founder = await other.connect({ endpoint: first.address, deadlineMs: 30_000 });
      return { controller: founder.cluster, members: [first.record, second.record] };
    },
    pause: (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs)),
  };
  for (const { name, run } of clusterControllerCases) test(name, () => run(subject), 240_000);
});
