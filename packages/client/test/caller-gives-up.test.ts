import { AspenError, type CallOptions, type NodeRecord } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { RemoteClusterController } from "../src/remote-cluster-controller.ts";
import { RemoteKeyValueStore } from "../src/remote-key-value-store.ts";
import { json, listNamespaces, scanPages, type AspenClient } from "../src/index.ts";
import { ScriptedCluster } from "./scripted-cluster.ts";

type Calls<Methods> = Readonly<
  Record<keyof Methods & string, (client: AspenClient, options: CallOptions) => Promise<unknown>>
>;

const node: NodeRecord = { nodeId: 9, peerId: "peer-9", addresses: ["/memory/peer-9"] };
const set = { kind: "set", key: "a", value: new Uint8Array() } as const;
const range = { kind: "prefix", prefix: "" } as const;
const absent = { kind: "absent" } as const;

/** Every method that answers later, of every part of a client; a new one does not compile until it is in here. */
const store: Calls<AspenClient["store"]> = {
  write: (client, options) => client.store.write(set, options),
  get: (client, options) => client.store.get({ key: "a" }, options),
  getMulti: (client, options) => client.store.getMulti({ keys: ["a"] }, options),
  scan: (client, options) => client.store.scan({ range }, options),
  keepLeaseAlive: (client, options) => client.store.keepLeaseAlive(1, options),
  getLease: (client, options) => client.store.getLease({ leaseId: 1 }, options),
  listLeases: (client, options) => client.store.listLeases({}, options),
  watch: (client, options) => client.store.watch({ filter: range }, options),
};
const controller: Calls<AspenClient["cluster"]> = {
  init: (client, options) => client.cluster.init([node], options),
  addLearner: (client, options) => client.cluster.addLearner(node, { ...options, waitForCatchUp: true }),
  promoteLearner: (client, options) => client.cluster.promoteLearner(9, options),
  changeMembership: (client, options) => client.cluster.changeMembership([9], options),
  removeNode: (client, options) => client.cluster.removeNode(9, options),
  transferLeadership: (client, options) => client.cluster.transferLeadership(9, options),
  currentState: (client, options) => client.cluster.currentState(options),
  getMetrics: (client, options) => client.cluster.getMetrics(options),
  triggerSnapshot: (client, options) => client.cluster.triggerSnapshot(options),
  getLeader: (client, options) => client.cluster.getLeader(options),
};
type Later = Omit<
  AspenClient,
  "store" | "sql" | "log" | "cluster" | "clusterId" | "namespace" | "withCodec" | "close" | symbol
>;
const own: Calls<Later> = {
  issueTicket: (client, options) => client.issueTicket({ access: "read", ...options }),
  joinTicket: (client, options) => client.joinTicket(options),
  scanAll: (client, options) => client.scanAll({ range }, options).next(),
};
const sql: Calls<AspenClient["sql"]> = {
  query: (client, options) => client.sql.query({ sql: "SELECT 1" }, options),
};
const log: Calls<AspenClient["log"]> = {
  subscribe: (client, options) => client.log.subscribe({}, options),
};
type Namespaced = Omit<ReturnType<AspenClient["namespace"]>, "name" | "prefix" | "namespace">;
const namespaced: Calls<Namespaced> = {
  write: (client, options) => client.namespace("n").write(set, options),
  get: (client, options) => client.namespace("n").get({ key: "a" }, options),
  getMulti: (client, options) => client.namespace("n").getMulti({ keys: ["a"] }, options),
  scan: (client, options) => client.namespace("n").scan({ range }, options),
  keepLeaseAlive: (client, options) => client.namespace("n").keepLeaseAlive(1, options),
  getLease: (client, options) => client.namespace("n").getLease({ leaseId: 1 }, options),
  listLeases: (client, options) => client.namespace("n").listLeases({}, options),
  watch: (client, options) => client.namespace("n").watch({ filter: range }, options),
};
const typed = (client: AspenClient) => client.withCodec(json());
type Typed = Omit<ReturnType<typeof typed>, "store" | "codec">;
const typedStore: Calls<Typed> = {
  get: (client, options) => typed(client).get({ key: "a" }, options),
  getMulti: (client, options) => typed(client).getMulti({ keys: ["a"] }, options),
  scan: (client, options) => typed(client).scan({ range }, options),
  scanAll: (client, options) => typed(client).scanAll({ range }, options).next(),
  put: (client, options) => typed(client).put({ key: "a", value: 1 }, options),
  putMulti: (client, options) => typed(client).putMulti([{ key: "a", value: 1 }], options),
  watch: (client, options) => typed(client).watch({ filter: range }, options),
  delete: (client, options) => typed(client).delete({ key: "a" }, options),
  compareAndSwap: (client, options) => typed(client).compareAndSwap({ key: "a", value: 1, expected: absent }, options),
  compareAndDelete: (client, options) => typed(client).compareAndDelete({ key: "a", expected: absent }, options),
};
const free = {
  listNamespaces: (client: AspenClient, options: CallOptions) => listNamespaces(client.store, {}, options).next(),
  scanPages: (client: AspenClient, options: CallOptions) => scanPages(client.store, { range }, options).next(),
};

const parts = {
  store,
  sql,
  log,
  cluster: controller,
  client: own,
  namespace: namespaced,
  typed: typedStore,
  view: free,
};
const calls = Object.entries(parts).flatMap(([part, methods]) =>
  Object.entries(methods).map(([method, call]) => [`${part}.${method}`, call] as const),
);

describe.each(calls)("%s", (_name, call) => {
  test("ends at the very moment at which its caller gives up, and nothing goes on", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    cluster.faultOf = () => ({ stayingSilent: true });
    const { clock } = cluster;
    const abort = new AbortController();
    clock.setTimer(130, () => abort.abort("enough"));
    const startedAtMs = clock.nowMs();
    const outcome = clock.run(call(client, { signal: abort.signal }));
    await expect(outcome).rejects.toMatchObject({ code: "timeout", retryable: false, cause: "enough" });
    expect(clock.nowMs() - startedAtMs).toBe(130);
    // A session is opened for all writes, whoever asked first, and takes greetings.
    const shared = new Set(["openSession", "hello"]);
    const requestsOf = () => cluster.seen.filter((seen) => !shared.has(seen.call.request.kind)).length;
    const before = requestsOf();
    await clock.advance(20_000);
    expect(requestsOf()).toBe(before);
  });

  test("is not even begun for a caller that gave up before, and is told the caller's own reason", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    const before = cluster.seen.length;
    const reason = new AspenError("shutting_down", "the program ends");
    await expect(call(client, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await cluster.clock.advance(100);
    expect(cluster.seen).toHaveLength(before);
  });

  test("ends at its deadline", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    cluster.faultOf = () => ({ stayingSilent: true });
    const startedAtMs = cluster.clock.nowMs();
    await expect(cluster.clock.run(call(client, { deadlineMs: 130 }))).rejects.toMatchObject({ code: "timeout" });
    expect(cluster.clock.nowMs() - startedAtMs).toBe(130);
  });
});

test("the tables name every method there is", () => {
  const methodsOf = (prototype: object) =>
    Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
  expect(Object.keys(store).sort()).toEqual(methodsOf(RemoteKeyValueStore.prototype).sort());
  expect(Object.keys(controller).sort()).toEqual(methodsOf(RemoteClusterController.prototype).sort());
});

describe("connecting", () => {
  test("ends at once when its caller gives up, and leaves no connection behind", async () => {
    for (const silentFor of ["hello", "nobody"] as const) {
      const cluster = await new ScriptedCluster().start(2);
      cluster.faultOf = () => (silentFor === "hello" ? { stayingSilent: true } : undefined);
      if (silentFor === "nobody") for (const nodeId of [1, 2]) await cluster.crash(nodeId);
      const transport = await cluster.transport("client");
      const abort = new AbortController();
      cluster.clock.setTimer(70, () => abort.abort("enough"));
      const startedAtMs = cluster.clock.nowMs();
      const connecting = cluster.connect({ transport, ownsTransport: true, signal: abort.signal });
      await expect(connecting).rejects.toMatchObject({ code: "timeout", retryable: false, cause: "enough" });
      expect(cluster.clock.nowMs() - startedAtMs).toBe(70);
      await cluster.clock.advance(10_000);
      expect(cluster.network.connectionCount).toBe(0);
      await expect(transport.connect("/memory/peer-1", { deadlineMs: 10 })).rejects.toMatchObject({
        code: "shutting_down",
      });
    }
  });

  test("is not begun when its caller gave up before", async () => {
    const cluster = await new ScriptedCluster().start(1);
    await expect(cluster.connect({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "timeout" });
    await cluster.clock.advance(100);
    expect(cluster.seen).toEqual([]);
  });

  test("waits for the transport that it stops, unless its caller gives up", async () => {
    for (const [ending, tookMs] of [
      [{ deadlineMs: 70 }, 90],
      [{ signal: AbortSignal.abort() }, 0],
    ] as const) {
      const cluster = await new ScriptedCluster().start(1);
      await cluster.crash(1);
      const transport = await cluster.transport("client");
      const stop = transport.stop.bind(transport);
      let isStopped = false;
      transport.stop = async () => {
        await new Promise<void>((resolve) => cluster.clock.setTimer(20, resolve));
        await stop();
        isStopped = true;
      };
      const startedAtMs = cluster.clock.nowMs();
      await expect(cluster.connect({ transport, ownsTransport: true, ...ending })).rejects.toBeInstanceOf(AspenError);
      expect([cluster.clock.nowMs() - startedAtMs, isStopped]).toEqual([tookMs, tookMs > 0]);
      await cluster.clock.advance(20);
      expect(isStopped).toBe(true);
    }
  });

  test("is all that its signal ends", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const abort = new AbortController();
    const client = await cluster.connect({ signal: abort.signal });
    abort.abort();
    await cluster.clock.run(client.store.get({ key: "a" }));
  });
});

test("a scan whose reader stops leaves nothing running", async () => {
  const cluster = await new ScriptedCluster().start(1);
  await using client = await cluster.connect();
  const read = async (): Promise<void> => {
    for await (const page of scanPages(client.store, { range })) expect(page.entries).toEqual([]);
  };
  await cluster.clock.run(read());
  expect(cluster.seenOf("scan")).toHaveLength(1);
});
