import { setTimeout as sleep } from "node:timers/promises";
import { clusterControllerCases, keyValueStoreCases } from "@aspenjs/api/testing";
import type { AspenClient } from "@aspenjs/client";
import { afterAll, beforeAll, describe, test } from "vitest";
import { MemoryCluster } from "./memory-cluster.ts";

/** The two user-facing contracts, demanded of whole nodes through the real client. */
const cluster = new MemoryCluster();
const others: MemoryCluster[] = [];
let client: AspenClient;
let nextNodeId = 10;

beforeAll(async () => {
  await cluster.form(1, 2, 3);
  client = await cluster.connect();
});

afterAll(async () => {
  await cluster.close();
  await Promise.all(others.map((other) => other.close()));
});

describe("the key-value store of a three-node cluster", () => {
  for (const { name, run } of keyValueStoreCases) test(name, () => run({ store: client.store, pass: sleep }), 60_000);
});

describe("the controller of a three-node cluster", () => {
  const subject = () => ({
    controller: client.cluster,
    newNode: async () => {
      nextNodeId += 1;
      return (await cluster.startNode(nextNodeId)).record;
    },
    newCluster: async () => {
      const other = new MemoryCluster();
      others.push(other);
      await other.startNode(1);
      await other.startNode(2);
      const founder = await other.connect(other.ticket(), other.node(1).addresses[0]);
      return { controller: founder.cluster, members: other.records([1, 2]) };
    },
    pause: (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs)),
  });
  for (const { name, run } of clusterControllerCases) test(name, () => run(subject()), 60_000);
});
