import type { CallOptions, KeyValueStore, ReadLabel, ReadOptions } from "@aspenjs/api";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryCluster } from "./memory-cluster.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const range = { kind: "prefix", prefix: "" } as const;
let cluster: MemoryCluster;

const READS: readonly ((store: KeyValueStore, read: ReadOptions, options: CallOptions) => Promise<ReadLabel>)[] = [
  (store, read, options) => store.get({ key: "a", ...read }, options),
  (store, read, options) => store.getMulti({ keys: ["a", "b"], ...read }, options),
  (store, read, options) => store.scan({ range, ...read }, options),
  (store, read, options) => store.getLease({ leaseId: 1, ...read }, options),
  (store, read, options) => store.listLeases(read, options),
];

beforeEach(async () => {
  cluster = new MemoryCluster();
  await cluster.form(1, 2, 3);
});

afterEach(() => cluster.close());

/** All nodes have applied the write before any of them stops. */
async function writeEverywhere(key: string, value: string): Promise<number> {
  const client = await cluster.connect();
  const { revision } = await client.store.write({ kind: "set", key, value: bytes(value) });
  for (const nodeId of [1, 2, 3]) {
    const { store } = await cluster.connect(undefined, cluster.node(nodeId).addresses[0]);
    await vi.waitFor(async () => {
      expect((await store.get({ key, consistency: "stale" })).revision).toBe(revision);
    });
  }
  return revision;
}

describe("of three nodes two have stopped", () => {
  test.each([1, 2, 3])(
    "node %i is left, and a read that may fall back gets what it has",
    async (left) => {
      const revision = await writeEverywhere("a", "1");
      const client = await cluster.connect();
      for (const nodeId of [1, 2, 3]) if (nodeId !== left) await cluster.node(nodeId).stop();
      const read = { fallback: "local" } as const;
      for (const ask of READS) {
        expect(await ask(client.store, read, { deadlineMs: 2_000 })).toMatchObject({ consistency: "stale", revision });
      }
      const { entry } = await client.store.get({ key: "a", ...read }, { deadlineMs: 300 });
      expect(entry).toMatchObject({ key: "a", value: bytes("1"), modRevision: revision });
      await expect(client.store.get({ key: "a" }, { deadlineMs: 1_000 })).rejects.toMatchObject({
        code: "unavailable",
      });
      const write = { kind: "set", key: "a", value: bytes("2") } as const;
      await expect(client.store.write(write, { deadlineMs: 1_000 })).rejects.toMatchObject({ code: "unavailable" });
    },
    60_000,
  );
});

describe("with a quorum", () => {
  test("a leader that stops costs a read with a fallback its time, not its consistency", async () => {
    const client = await cluster.connect();
    const leader = await client.cluster.getLeader();
    await client.store.write({ kind: "set", key: "a", value: bytes("1") });
    await cluster.node(leader?.nodeId ?? 0).stop();
    const { revision } = await client.store.write({ kind: "set", key: "a", value: bytes("2") });
    for (const ask of READS) {
      const label = await ask(client.store, { fallback: "local" }, { deadlineMs: 10_000 });
      expect(label).toMatchObject({ consistency: "linearizable", revision });
    }
    // What is refused for another reason stays refused.
    const lease = { key: "a", consistency: "lease", fallback: "local" } as const;
    await expect(client.store.get(lease)).rejects.toMatchObject({ code: "unsupported" });
  }, 60_000);

  test("the ticket's bounds hold for what is stale", async () => {
    await writeEverywhere("a/1", "1");
    const client = await cluster.connect(cluster.ticket({ access: "read", keyPrefixes: ["a/"] }));
    await cluster.node(2).stop();
    await cluster.node(3).stop();
    await expect(client.store.get({ key: "b", fallback: "local" })).rejects.toMatchObject({ code: "forbidden" });
    const { consistency, entry } = await client.store.get({ key: "a/1", fallback: "local" }, { deadlineMs: 2_000 });
    expect([consistency, entry?.value]).toEqual(["stale", bytes("1")]);
  }, 60_000);
});

test("a label never promises more than the answer holds, while nodes stop one after the other", async () => {
  const writer = await cluster.connect();
  const reader = await cluster.connect();
  let acknowledged = 0;
  /** Reads while a write is under way. */
  const readOnce = async (): Promise<string> => {
    const command = { kind: "set", key: "a", value: bytes("v") } as const;
    const writing = writer.store.write(command, { deadlineMs: 400 }).then(
      ({ revision }) => (acknowledged = Math.max(acknowledged, revision)),
      () => undefined,
    );
    const before = acknowledged;
    const result = await reader.store.get({ key: "a", fallback: "local" }, { deadlineMs: 400 });
    if (result.consistency !== "stale") expect(result.revision).toBeGreaterThanOrEqual(before);
    expect(result.entry?.modRevision ?? 0).toBeLessThanOrEqual(result.revision);
    await writing;
    return result.consistency;
  };
  const readOften = async (count: number): Promise<Set<string>> => {
    const labels = new Set<string>();
    for (let round = 0; round < count; round += 1) labels.add(await readOnce());
    return labels;
  };
  const leader = async (): Promise<number> => (await reader.cluster.getLeader())?.nodeId ?? 0;
  expect(await readOften(50)).toEqual(new Set(["linearizable"]));
  const first = await leader();
  await cluster.node(first).stop();
  expect(await readOften(50)).toContain("linearizable");
  await vi.waitFor(async () => expect([0, first]).not.toContain(await leader()), 10_000);
  await cluster.node(await leader()).stop();
  expect(await readOften(5)).toEqual(new Set(["stale"]));
}, 60_000);
