import { ClusterSecret, PROTOCOL_IDS } from "@aspenjs/protocol";
import { createSystemRandom } from "@aspenjs/transport/libp2p";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryCluster } from "./memory-cluster.ts";

/** For what should take no time worth mentioning. */
const DEADLINE_MS = 10_000;
const OPEN_GATE = { mayConnect: () => true, mayUse: () => true };
const bytes = (text: string) => new TextEncoder().encode(text);
let cluster: MemoryCluster;

beforeEach(() => {
  cluster = new MemoryCluster();
});

afterEach(async () => {
  await cluster.close();
});

describe("admission", () => {
  test("a node with another secret is refused, in a word to it and a line here", async () => {
    await cluster.form(1);
    await cluster.startNode(2, { secret: ClusterSecret.generate(createSystemRandom()) });
    await expect(cluster.node(1).controller.addLearner(cluster.node(2).record)).rejects.toMatchObject({
      code: "forbidden",
      message: "node 2 does not know this cluster's secret",
    });
    // Node 1's farewell may still be on its way: that costs node 2 another try, as it would a real one.
    await vi.waitFor(
      () => expect(cluster.node(2).join(cluster.node(1).addresses)).rejects.toMatchObject({ code: "unauthorized" }),
      { timeout: 20_000 },
    );
    const refusals = cluster.lines.filter(
      ({ message }) => message === "a peer with another cluster secret was refused",
    );
    expect(refusals.map(({ level, fields }) => [level, fields["nodeId"], fields["peerId"]])).toEqual([
      ["warn", 2, "peer-1"],
      ["warn", 1, "peer-2"],
    ]);
    expect((await cluster.node(1).controller.currentState()).membership.learners).toEqual([]);
  });

  test("a known node id under a foreign peer id is refused, in a word to it and a line here", async () => {
    await cluster.form(1, 2);
    const impostor = await cluster.startNode(2, { peerId: "peer-impostor" });
    await expect(impostor.join(cluster.node(1).addresses)).rejects.toMatchObject({
      code: "forbidden",
      message: "node 2 belongs to another peer id",
    });
    expect(cluster.lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: "a peer with the cluster secret was refused" }),
    );
  });

  test("consensus and cluster protocols are closed to strangers", async () => {
    await cluster.form(1);
    const stranger = cluster.network.createTransport("stranger", { gate: OPEN_GATE });
    await stranger.start();
    const peerId = await stranger.connect(cluster.node(1).addresses[0] ?? "", { deadlineMs: DEADLINE_MS });
    const ask = (protocol: string) => stranger.request(peerId, protocol, bytes("hello"), { deadlineMs: DEADLINE_MS });
    await expect(ask(PROTOCOL_IDS.cluster)).rejects.toMatchObject({ code: "forbidden" });
    await expect(
      stranger
        .openStream(peerId, PROTOCOL_IDS.snapshot, bytes("x"), { deadlineMs: DEADLINE_MS })
        .then((stream) => stream.write(bytes("y"))),
    ).rejects.toMatchObject({ code: "forbidden" });
    await expect(ask(PROTOCOL_IDS.admission)).rejects.toMatchObject({ code: "invalid_request" });
    await stranger.stop();
  });

  test("a stranger that says nothing is disconnected", async () => {
    await cluster.form(1);
    const stranger = cluster.network.createTransport("stranger", { gate: OPEN_GATE });
    await stranger.start();
    const gone = new Promise<void>((resolve) => {
      stranger.onPeerEvent((event) => event.kind === "disconnected" && resolve());
    });
    await stranger.connect(cluster.node(1).addresses[0] ?? "", { deadlineMs: DEADLINE_MS });
    await gone;
    await stranger.stop();
  }, 60_000);

  test("two founders at the same moment: the node that both name agrees to one of them", async () => {
    for (const nodeId of [1, 2, 3]) await cluster.startNode(nodeId);
    const outcomes = await Promise.allSettled([
      cluster.node(1).controller.init(cluster.records([1, 3])),
      cluster.node(2).controller.init(cluster.records([2, 3])),
    ]);
    const reasons = outcomes.flatMap((outcome): unknown[] => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(reasons).toEqual([expect.objectContaining({ code: "already_initialized" })]);
  }, 60_000);

  test("a founding that names a node which is not there binds nobody", async () => {
    for (const nodeId of [1, 2, 3]) await cluster.startNode(nodeId);
    const { controller } = cluster.node(1);
    const [first, second, third] = cluster.records([1, 2, 3]);
    if (first === undefined || second === undefined || third === undefined) throw new Error("three nodes have records");
    const misspelt = { ...third, addresses: ["/memory/peer-33"] };
    await expect(controller.init([first, second, misspelt])).rejects.toMatchObject({ code: "unavailable" });
    const state = await controller.init([first, second, third]);
    expect(state.membership.voters).toEqual([1, 2, 3]);
  });

  test("two founders cannot make two clusters of the same nodes", async () => {
    await cluster.form(1, 2, 3);
    const { controller } = cluster.node(2);
    await expect(controller.init(cluster.records([1, 2]))).rejects.toMatchObject({ code: "already_initialized" });
    await cluster.startNode(4);
    await expect(cluster.node(4).controller.init(cluster.records([3, 4]))).rejects.toMatchObject({
      code: "already_initialized",
    });
    expect(cluster.node(4).isInitialized).toBe(false);
  });
});

describe("tickets", () => {
  test("access and key prefixes are checked at every request", async () => {
    await cluster.form(1);
    const reader = await cluster.connect(cluster.ticket({ access: "read", keyPrefixes: ["a/"] }));
    await expect(reader.store.write({ kind: "set", key: "a/1", value: bytes("1") })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(reader.cluster.removeNode(1)).rejects.toMatchObject({ code: "forbidden" });
    expect((await reader.store.get({ key: "a/1" })).entry).toBeUndefined();
    await expect(reader.store.get({ key: "b/1" })).rejects.toMatchObject({ code: "forbidden" });
    const within = { kind: "prefix", prefix: "a/b" } as const;
    expect((await reader.store.scan({ range: within })).entries).toEqual([]);
    await expect(reader.store.scan({ range: { kind: "prefix", prefix: "a" } })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(reader.store.scan({ range: { kind: "range", start: "a/", end: "b" } })).rejects.toMatchObject({
      code: "forbidden",
    });
    const writer = await cluster.connect(cluster.ticket({ access: "write", keyPrefixes: ["a/", "c/"] }));
    await writer.store.write({ kind: "set", key: "c/1", value: bytes("1") });
    const outside = {
      kind: "setMulti",
      pairs: [
        { key: "a/2", value: bytes("2") },
        { key: "b/2", value: bytes("2") },
      ],
    } as const;
    await expect(writer.store.write(outside)).rejects.toMatchObject({ code: "forbidden" });
  });

  test("a ticket that expires while its connection lasts opens nothing from then on", async () => {
    await cluster.form(1);
    const client = await cluster.connect(cluster.ticket({ expiresAtMs: cluster.clock.wallMs() + 2_000 }));
    await client.store.get({ key: "a" });
    await vi.waitFor(async () => {
      await expect(client.store.get({ key: "a" })).rejects.toMatchObject({ code: "unauthorized" });
    }, 10_000);
  }, 15_000);

  test("a ticket of another secret, another cluster, or a past time opens nothing", async () => {
    await cluster.form(1);
    const foreign = new MemoryCluster();
    const { addresses } = cluster.node(1);
    await expect(cluster.connect(foreign.ticket({ addresses }))).rejects.toMatchObject({ code: "unauthorized" });
    await expect(cluster.connect(cluster.ticket({ clusterId: "another" }))).rejects.toMatchObject({
      code: "unauthorized",
    });
    await expect(cluster.connect(cluster.ticket({ expiresAtMs: 1 }))).rejects.toMatchObject({ code: "unauthorized" });
  });

  test("an issued ticket works and names the members", async () => {
    await cluster.form(1, 2);
    const admin = await cluster.connect();
    const writer = await cluster.connect(await admin.issueTicket({ access: "write", ttlMs: 60_000 }));
    await writer.store.write({ kind: "set", key: "k", value: bytes("v") });
    await expect(writer.issueTicket({ access: "read" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(writer.joinTicket()).rejects.toMatchObject({ code: "forbidden" });
    expect(await admin.joinTicket()).toMatch(/^aspen/);
  });

  test("requests before a greeting, and bytes that are no request, are refused", async () => {
    await cluster.form(1);
    const stranger = cluster.network.createTransport("stranger", { gate: OPEN_GATE });
    await stranger.start();
    const peerId = await stranger.connect(cluster.node(1).addresses[0] ?? "", { deadlineMs: DEADLINE_MS });
    const ask = (body: Uint8Array) => stranger.request(peerId, PROTOCOL_IDS.client, body, { deadlineMs: DEADLINE_MS });
    await expect(ask(bytes("garbage"))).rejects.toMatchObject({ code: "invalid_request" });
    await expect(ask(new Uint8Array([0x83, 1, 12, 0x18, 100]))).rejects.toMatchObject({ code: "unauthorized" });
    await stranger.stop();
  });
});
