import { AspenError } from "@aspenjs/api";
import { afterEach, expect, test } from "vitest";
import { resolveNodeConfig } from "../src/node-config.ts";
import { MemoryCluster } from "./memory-cluster.ts";

const WRITES = 60;

const clusters: MemoryCluster[] = [];

afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
});

test("a watcher whose queue holds one revision falls behind again and again, and hears of every revision", async () => {
  const cluster = new MemoryCluster();
  clusters.push(cluster);
  await cluster.startNode(1, { config: { watchQueueBytesMax: 1 } });
  await cluster.node(1).controller.init(cluster.records([1]));
  const { store } = await cluster.connect();
  await using watch = await store.watch({ filter: { kind: "prefix", prefix: "" } });
  const keys = Array.from({ length: WRITES }, (_, position) => `key-${position}`);
  // At once: what one turn applies comes to the queue at one moment.
  await Promise.all(keys.map((key) => store.write({ kind: "set", key, value: new Uint8Array(100) })));
  const last = await store.write({ kind: "set", key: "last", value: new Uint8Array(1) });
  const told: number[] = [];
  for await (const { revision } of watch) {
    told.push(revision);
    if (revision >= last.revision) break;
  }
  expect(told).toEqual([...keys, "last"].map((_, position) => watch.fromRevision + position));
});

test("a queue that holds nothing is refused", () => {
  expect(() => resolveNodeConfig(1, { watchQueueBytesMax: 0 })).toThrow(AspenError);
  expect(resolveNodeConfig(1, { watchQueueBytesMax: 1 }).watchQueueBytesMax).toBe(1);
});
