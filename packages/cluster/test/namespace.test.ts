import { setTimeout as sleep } from "node:timers/promises";
import type { KeyValueStore } from "@aspenjs/api";
import { keyValueStoreCases } from "@aspenjs/api/testing";
import { createNamespace, listNamespaces, namespacePrefix, scanAll } from "@aspenjs/api/views";
import type { AspenClient } from "@aspenjs/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryCluster } from "./memory-cluster.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const set = (key: string) => ({ kind: "set", key, value: bytes(key) }) as const;
const everything = { kind: "prefix", prefix: "" } as const;
const FORBIDDEN = { code: "forbidden" };
const cluster = new MemoryCluster();
let admin: AspenClient;

beforeAll(async () => {
  await cluster.form(1, 2, 3);
  admin = await cluster.connect();
  const keys = ["vault", "vault/a", "vault/a/", "vault/a0", "vault/ab/1", "vault/b/1"];
  await admin.store.write({ kind: "setMulti", pairs: keys.map((key) => ({ key, value: bytes(key) })) });
});

afterAll(() => cluster.close());

async function keysOf(store: KeyValueStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of scanAll(store, { range: everything, pageEntries: 1 })) keys.push(key);
  return keys;
}

describe("the key-value store of a namespace of a three-node cluster", () => {
  for (const { name, run } of keyValueStoreCases) {
    test(
      name,
      async () => {
        const store = admin.namespace("vault/a");
        await run({ store, pass: sleep, keyPrefixBytes: bytes(store.prefix).byteLength });
      },
      60_000,
    );
  }
});

describe("a ticket for a namespace", () => {
  const connect = async (access: "read" | "write", name = "tickets/a"): Promise<AspenClient> => {
    return cluster.connect(await admin.issueTicket({ access, keyPrefixes: [namespacePrefix(name)] }));
  };

  test("does everything with keys inside", async () => {
    const client = await connect("write");
    const store = client.namespace("tickets/a");
    await store.write({ kind: "setMulti", pairs: [set("1"), set("2"), set("x/1")] });
    expect(await keysOf(store)).toEqual(["1", "2", "x/1"]);
    expect((await store.scan({ range: everything, limit: 0 })).count).toBe(3);
    expect((await store.scan({ range: everything, reverse: true, limit: 1 })).entries[0]?.key).toBe("x/1");
    const range = { kind: "range", start: "", end: "\u{10FFFF}".repeat(200) } as const;
    expect((await store.scan({ range })).count).toBe(3);
    expect((await store.getMulti({ keys: ["1", "3"] })).entries.map((entry) => entry?.key)).toEqual(["1", undefined]);
    const names: string[] = [];
    for await (const { name } of listNamespaces(client.store, { within: "tickets/a" })) names.push(name);
    expect(names).toEqual(["x"]);
    const { leaseId } = await store.write({ kind: "leaseGrant", ttlMs: 60_000 });
    await store.write({ ...set("leased"), leaseId });
    await store.keepLeaseAlive(leaseId);
    expect(await store.getLease({ leaseId })).toMatchObject({ lease: { leaseId }, keyCount: 1, keys: [] });
    const nested = store.namespace("x");
    expect(await keysOf(nested)).toEqual(["1"]);
    const result = await store.write({
      kind: "transaction",
      compares: [{ key: "1", target: "version", operator: "=", number: 1 }],
      success: [
        { kind: "deleteRange", range: { kind: "prefix", prefix: "x/" } },
        { kind: "scan", range: everything },
      ],
      failure: [],
    });
    expect(result.results).toMatchObject([{ deletedCount: 1 }, { count: 3 }]);
    expect(await store.write({ kind: "deleteRange", range: everything })).toMatchObject({ deletedCount: 3 });
  });

  test("does nothing with keys outside, however they are named", async () => {
    const client = await connect("write");
    await admin.store.write({ kind: "setMulti", pairs: [set("tickets/ab/1"), set("tickets/b/1"), set("tickets/a")] });
    const outside = [client.store, ...["tickets/ab", "tickets/b", "tickets"].map((name) => client.namespace(name))];
    for (const store of outside) {
      await expect(store.get({ key: "1" })).rejects.toMatchObject(FORBIDDEN);
      await expect(store.write(set("1"))).rejects.toMatchObject(FORBIDDEN);
      await expect(store.scan({ range: everything })).rejects.toMatchObject(FORBIDDEN);
      await expect(store.write({ kind: "deleteRange", range: everything })).rejects.toMatchObject(FORBIDDEN);
    }
    // A name that leads out as a file's path would is a key inside, and nothing else.
    const store = client.namespace("tickets/a");
    await store.write(set("../b/1"));
    expect((await admin.store.get({ key: "tickets/b/1" })).entry?.version).toBe(1);
    expect(await keysOf(store)).toEqual(["../b/1"]);
    // Leases are the store's: what reaches keys of others through them needs a ticket for all keys.
    await expect(store.listLeases()).rejects.toMatchObject(FORBIDDEN);
    await expect(store.getLease({ leaseId: 1, keysLimit: 1 })).rejects.toMatchObject(FORBIDDEN);
    await expect(store.write({ kind: "leaseRevoke", leaseId: 1 })).rejects.toMatchObject(FORBIDDEN);
    const compares = [{ key: "1", target: "version", operator: "=", number: 0 }] as const;
    const leak = { kind: "transaction", compares, success: [], failure: [] } as const;
    await expect(createNamespace(client.store, "tickets/b").write(leak)).rejects.toMatchObject(FORBIDDEN);
  });

  test("that may only read does not write", async () => {
    const client = await connect("read");
    const store = client.namespace("tickets/a");
    await store.get({ key: "1" });
    await expect(store.write(set("1"))).rejects.toMatchObject(FORBIDDEN);
  });
});

test("after everything, those around the namespace are as they were", async () => {
  const { entries } = await admin.store.scan({ range: { kind: "range", start: "vault", end: "vault/a/\u0001" } });
  expect(entries.map(({ key, version }) => `${key} ${version}`)).toEqual(["vault 1", "vault/a 1", "vault/a/ 1"]);
  expect(await keysOf(admin.namespace("vault/ab"))).toEqual(["1"]);
});
