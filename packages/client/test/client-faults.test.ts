import { AspenError } from "@aspenjs/api";
import { notLeaderError } from "@aspenjs/protocol";
import { describe, expect, test } from "vitest";
import { connectClient } from "../src/index.ts";
import { ScriptedCluster, type Fault } from "./scripted-cluster.ts";

const set = (key: string, text = "v") => ({ kind: "set", key, value: Buffer.from(text) }) as const;
const UNAVAILABLE = new AspenError("unavailable", "no quorum");

/** The fault for the first requests of a kind, and none afterwards. */
function first(count: number, kind: string, fault: Fault): (request: { readonly kind: string }) => Fault | undefined {
  let left = count;
  return (request) => {
    if (request.kind !== kind || left === 0) return undefined;
    left -= 1;
    return fault;
  };
}

describe("leaders", () => {
  test("a hint is followed at once, to a node that was not connected before", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    cluster.leader = 2;
    const startedAtMs = cluster.clock.nowMs();
    await cluster.clock.run(client.store.write(set("b")));
    // One round trip for the refusal, two for the connection, one to greet, one for the write.
    expect(cluster.clock.nowMs() - startedAtMs).toBeLessThanOrEqual(12);
    expect(cluster.seenOf("write").map(({ nodeId }) => nodeId)).toEqual([1, 1, 2]);
    await cluster.clock.run(client.store.write(set("c")));
    expect(cluster.seenOf("write").at(-1)?.nodeId).toBe(2);
  });

  test("a leader that changes under a thousand writes costs each one retry and no second effect", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("warm")));
    const writes = Array.from({ length: 1_000 }, (_, index) => client.store.write(set(`k${index}`)));
    let seen = 0;
    cluster.faultOf = ({ kind }) => {
      if (kind === "write" && (seen += 1) === 500) cluster.leader = 3;
      return undefined;
    };
    await cluster.clock.run(Promise.all(writes));
    expect(cluster.log.setCounts.size).toBe(1_001);
    expect([...cluster.log.setCounts.values()].every((count) => count === 1)).toBe(true);
    expect(cluster.seenOf("write").length).toBeLessThanOrEqual(2_001);
  });

  test("a hint of a node that nobody has named yet is looked up where it came from", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.startNode(9);
    cluster.leader = 9;
    await cluster.clock.run(client.store.write(set("a")));
    expect(cluster.seenOf("write").map(({ nodeId }) => nodeId)).toEqual([9]);
    expect(cluster.seenOf("currentState")).toHaveLength(1);
  });

  test("nodes that point at each other for ever cost a bounded number of requests", async () => {
    const cluster = await new ScriptedCluster().start(2);
    const client = await cluster.connect();
    cluster.faultOf = ({ kind }, nodeId) => (kind === "get" ? { refuse: notLeaderError(3 - nodeId) } : undefined);
    await expect(cluster.clock.run(client.store.get({ key: "a" }, { deadlineMs: 5_000 }))).rejects.toMatchObject({
      code: "unavailable",
      cause: { code: "not_leader" },
    });
    // At most five in a row, then waits that grow to 250..500 ms.
    expect(cluster.seenOf("get").length).toBeLessThanOrEqual(5 * 25);
    expect(cluster.seenOf("get").length).toBeGreaterThan(10);
  });

  test("without a leader, writes wait with growing pauses until there is one", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    cluster.leader = undefined;
    const write = client.store.write(set("a"));
    await cluster.clock.advance(900);
    const before = cluster.seenOf("openSession").length;
    expect(before).toBeGreaterThan(3);
    expect(before).toBeLessThan(30);
    cluster.leader = 2;
    await cluster.clock.run(write);
    expect(cluster.clock.nowMs()).toBeLessThan(1_500);
    expect(cluster.log.setCounts.get("a")).toBe(1);
  });

  test("a leader that was killed is left at once for another node", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    cluster.faultOf = ({ kind }, nodeId) => (kind === "get" && nodeId === 1 ? { stayingSilent: true } : undefined);
    const read = client.store.get({ key: "a" });
    await cluster.clock.advance(5);
    cluster.leader = 2;
    const crashedAtMs = cluster.clock.nowMs();
    await cluster.crash(1);
    expect((await cluster.clock.run(read)).entry?.key).toBe("a");
    expect(cluster.clock.nowMs() - crashedAtMs).toBeLessThanOrEqual(12);
  });

  test("a leader whose idle connection broke is not asked first, and nothing is in doubt", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    await cluster.crash(1);
    cluster.leader = 2;
    await cluster.clock.advance(5);
    cluster.log.sessions.clear();
    await cluster.clock.run(client.store.write(set("b")));
    expect(cluster.log.setCounts.get("b")).toBe(1);
  });

  test("a node that is silent does not eat the whole deadline", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    cluster.faultOf = ({ kind }, nodeId) => (kind === "get" && nodeId === 1 ? { stayingSilent: true } : undefined);
    await cluster.clock.run(client.store.get({ key: "a" }));
    expect(cluster.clock.nowMs()).toBeLessThan(3_100);
  });
});

describe("exactly once", () => {
  test("a write whose answer was lost is counted once, and its first result is returned", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    cluster.faultOf = first(1, "write", { loseAnswer: true });
    expect(await cluster.clock.run(client.store.write(set("b")))).toEqual({ kind: "set", revision: 2 });
    expect(cluster.log.setCounts.get("b")).toBe(1);
    const [sent, again] = cluster.seenOf("write").slice(-2);
    expect(sent?.call.request).toMatchObject({ session: { sequence: 2 } });
    expect(again?.call.request).toMatchObject({ session: { sequence: 2 } });
  });

  test("a write that reaches the log twice is counted once", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    cluster.faultOf = ({ kind }) => (kind === "write" ? { repeat: true } : undefined);
    expect(await cluster.clock.run(client.store.write(set("a")))).toEqual({ kind: "set", revision: 1 });
    expect(cluster.log.setCounts.get("a")).toBe(1);
  });

  test("a session that expired while nothing was under way is opened again, unseen", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    cluster.log.sessions.clear();
    const writes = ["b", "c", "d"].map((key) => client.store.write(set(key)));
    expect(await cluster.clock.run(Promise.all(writes))).toHaveLength(3);
    expect(cluster.log.sessionsOpened).toBe(2);
    expect([...cluster.log.setCounts.values()]).toEqual([1, 1, 1, 1]);
  });

  test("a session that expired under a write that may have taken effect is an unknown outcome", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    const lose = first(1, "write", { loseAnswer: true });
    cluster.faultOf = (request) => {
      const fault = lose(request);
      // The second try finds the session gone.
      if (request.kind === "write" && fault === undefined) cluster.log.sessions.clear();
      return fault;
    };
    await expect(cluster.clock.run(client.store.write(set("b")))).rejects.toMatchObject({
      code: "timeout",
      retryable: false,
      details: { outcome: "unknown" },
    });
    expect(cluster.log.setCounts.get("b")).toBe(1);
    cluster.faultOf = () => undefined;
    await cluster.clock.run(client.store.write(set("c")));
    expect(cluster.log.sessionsOpened).toBe(2);
  });

  test("a refusal that proves that nothing happened does not put the outcome in doubt", async () => {
    const cluster = await new ScriptedCluster().start(2);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    cluster.log.sessions.clear();
    cluster.leader = 2;
    await cluster.clock.run(client.store.write(set("b")));
    expect(cluster.log.setCounts.get("b")).toBe(1);
  });

  test("a write that was given up does not hold back what is acknowledged, nor take effect later", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    const controller = new AbortController();
    cluster.faultOf = first(1, "write", { refuse: UNAVAILABLE });
    const abandoned = client.store.write(set("b"), { signal: controller.signal });
    abandoned.catch(() => {});
    await cluster.clock.advance(2);
    controller.abort();
    await expect(abandoned).rejects.toMatchObject({ code: "timeout", details: { outcome: "unknown" } });
    await cluster.clock.run(client.store.write(set("c")));
    expect(cluster.seenOf("write").at(-1)?.call.request).toMatchObject({
      session: { sequence: 3, acknowledgedThrough: 2 },
    });
    expect(cluster.log.write(set("b"), { sessionId: 1, sequence: 2, acknowledgedThrough: 0 })).toEqual({
      kind: "sequenceRefused",
      reason: "acknowledged",
    });
    expect(cluster.log.setCounts.has("b")).toBe(false);
  });

  test("D1: a call that was given up while a connection was made is never sent", async () => {
    const cluster = await new ScriptedCluster().start(2);
    const client = await cluster.connect({ ticket: cluster.ticket({ addresses: ["/memory/peer-1"] }) });
    await cluster.clock.run(client.store.write(set("a")));
    cluster.leader = 2;
    await cluster.clock.run(client.cluster.currentState());
    cluster.network.setDelay({ kind: "fixed", ms: 50 }, "client", "peer-2");
    const calls = Promise.allSettled([
      client.store.write(set("b"), { deadlineMs: 30 }),
      client.store.get({ key: "b" }, { deadlineMs: 30 }),
    ]);
    for (const outcome of await cluster.clock.run(calls)) {
      expect(outcome).toMatchObject({ reason: { code: "timeout", details: { outcome: "not_applied" } } });
    }
    await cluster.clock.advance(1_000);
    expect(cluster.seen.filter(({ nodeId }) => nodeId === 2).map(({ call }) => call.request.kind)).toEqual(["hello"]);
  });

  test("one write that hangs does not stop thousands behind it, nor overrun the window", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    cluster.faultOf = (request) =>
      request.kind === "write" && request.command.kind === "set" && request.command.key === "slow"
        ? { stayingSilent: true }
        : undefined;
    const slow = client.store.write(set("slow"), { deadlineMs: 1_000 });
    slow.catch(() => {});
    const others = Array.from({ length: 3_000 }, (_, index) => client.store.write(set(`k${index}`)));
    await cluster.clock.run(Promise.all(others));
    await expect(slow).rejects.toMatchObject({ code: "timeout" });
    expect([...cluster.log.setCounts.values()].every((count) => count === 1)).toBe(true);
    for (const { call } of cluster.seenOf("write")) {
      if (call.request.kind !== "write" || call.request.session === undefined) throw new Error("without a session");
      const { sequence, acknowledgedThrough } = call.request.session;
      expect(sequence - acknowledgedThrough).toBeLessThanOrEqual(1_000);
    }
  });

  test("a write that the session refuses as too far ahead gives its number up, so that the window can move", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    const real = cluster.log.write.bind(cluster.log);
    // As a session that holds too many bytes of results does: refuses until something is acknowledged.
    cluster.log.write = (command, session) =>
      session?.sequence === 2 ? { kind: "sequenceRefused", reason: "tooFarAhead" } : real(command, session);
    await cluster.clock.run(client.store.write(set("b")));
    expect(cluster.seenOf("write").at(-1)?.call.request).toMatchObject({
      session: { sequence: 3, acknowledgedThrough: 2 },
    });
    expect(cluster.log.setCounts.get("b")).toBe(1);
  });

  test("S1: a write in doubt keeps its number when the session refuses it as too far ahead", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    cluster.faultOf = first(1, "write", { refuse: UNAVAILABLE });
    const real = cluster.log.write.bind(cluster.log);
    let refused = 0;
    cluster.log.write = (command, session) =>
      (refused += 1) === 1 ? { kind: "sequenceRefused", reason: "tooFarAhead" } : real(command, session);
    await cluster.clock.run(client.store.write(set("b")));
    const sequences = cluster.seenOf("write").map(({ call }) => {
      return call.request.kind === "write" ? call.request.session?.sequence : undefined;
    });
    expect(sequences).toEqual([1, 2, 2, 2]);
  });

  test("writes whose session cannot be opened end at their own deadlines, and say what held it up", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    cluster.faultOf = ({ kind }) => (kind === "openSession" ? { refuse: UNAVAILABLE } : undefined);
    const short = client.store.write(set("a"), { deadlineMs: 100 });
    short.catch(() => {});
    const long = client.store.write(set("b"), { deadlineMs: 30_000 });
    await expect(cluster.clock.run(short)).rejects.toMatchObject({
      code: "unavailable",
      details: { outcome: "not_applied" },
      cause: { message: "no quorum" },
    });
    await cluster.clock.advance(15_000);
    cluster.faultOf = () => undefined;
    await cluster.clock.run(long);
    expect(cluster.log.setCounts).toEqual(new Map([["b", 1]]));
  });
});

describe("tickets", () => {
  test.each([
    ["invalid_request", "nonsense"],
    ["invalid_request", "aspenq"],
    ["invalid_request", "aspenclientq"],
  ])("text that is no client ticket is refused before anything is dialed: %s %s", async (code, ticket) => {
    const cluster = await new ScriptedCluster().start(1);
    await expect(cluster.connect({ ticket })).rejects.toMatchObject({ code });
    expect(cluster.seen).toHaveLength(0);
  });

  test("an expired one is refused when every node has said so", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const ticket = cluster.ticket({ expiresAtMs: cluster.clock.wallMs() });
    await expect(cluster.connect({ ticket })).rejects.toMatchObject({
      code: "unauthorized",
      details: { reason: "expired" },
    });
    expect(cluster.clock.nowMs()).toBeLessThan(100);
  });

  test("one that expires while the client is connected ends its calls with the reason", async () => {
    const cluster = await new ScriptedCluster().start(2);
    const client = await cluster.connect({ ticket: cluster.ticket({ expiresAtMs: cluster.clock.wallMs() + 1_000 }) });
    await cluster.clock.run(client.store.get({ key: "a" }));
    await cluster.clock.advance(1_000);
    await expect(cluster.clock.run(client.store.get({ key: "a" }))).rejects.toMatchObject({
      code: "unauthorized",
      details: { reason: "expired" },
    });
  });

  test("a node that forgot the greeting is greeted again", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    cluster.nodes.get(1)?.greeted.clear();
    await cluster.clock.run(client.store.get({ key: "a" }));
    expect(cluster.seenOf("hello")).toHaveLength(2);
  });

  test("a node that never knows the greeting is not greeted for ever", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    const refuse = new AspenError("unauthorized", "greet first");
    cluster.faultOf = ({ kind }) => (kind === "get" ? { refuse } : undefined);
    await expect(cluster.clock.run(client.store.get({ key: "a" }))).rejects.toMatchObject({ code: "unauthorized" });
    expect(cluster.seenOf("get")).toHaveLength(2);
  });

  test("C2: it is not shown to a peer that took over a member's address", async () => {
    const cluster = await new ScriptedCluster().start(2);
    const impostor = "/memory/impostor";
    await cluster.startNode(7, "impostor");
    cluster.nodes.delete(7);
    cluster.toldNodes = [
      { nodeId: 1, peerId: "peer-1", addresses: ["/memory/peer-1"] },
      { nodeId: 2, peerId: "peer-2", addresses: [impostor] },
    ];
    const client = await cluster.connect({ ticket: cluster.ticket({ addresses: ["/memory/peer-1"] }) });
    cluster.leader = 2;
    const write = client.store.write(set("a"), { deadlineMs: 500 });
    await expect(cluster.clock.run(write)).rejects.toMatchObject({ code: "unavailable" });
    expect(cluster.seen.filter(({ nodeId }) => nodeId === 7)).toEqual([]);
  });

  test("C3: a node of another cluster is not asked anything", async () => {
    const cluster = await new ScriptedCluster().start(1);
    cluster.clusterId = "another";
    await expect(cluster.connect()).rejects.toMatchObject({ code: "unauthorized" });
    expect(cluster.seen.every(({ call }) => call.request.kind === "hello")).toBe(true);
    cluster.clusterId = undefined;
    await cluster.connect({ transport: await cluster.transport("client-2") });
  });
});

describe("connecting", () => {
  test("goes on past addresses where nobody answers", async () => {
    const cluster = await new ScriptedCluster().start(3);
    await cluster.crash(1);
    await cluster.crash(2);
    await cluster.connect();
    expect(cluster.clock.nowMs()).toBeLessThan(100);
  });

  test("does not wait for an address that swallows everything", async () => {
    const cluster = await new ScriptedCluster().start(3);
    for (const nodeId of [1, 2]) {
      cluster.network.partition("client", `peer-${nodeId}`, { how: "stall", direction: "both" });
    }
    cluster.leader = 3;
    await cluster.connect();
    expect(cluster.clock.nowMs()).toBeLessThan(2_100);
  });

  test("ends at its deadline when nobody answers", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const ticket = cluster.ticket();
    await cluster.crash(1);
    const startedAtMs = cluster.clock.nowMs();
    await expect(cluster.connect({ ticket, deadlineMs: 700 })).rejects.toMatchObject({
      code: "unavailable",
      cause: { code: "unavailable" },
    });
    expect(cluster.clock.nowMs() - startedAtMs).toBe(700);
  });

  test("a failed attempt stops a transport that it owns", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const transport = await cluster.transport("owned");
    const connecting = cluster.connect({ transport, ownsTransport: true, deadlineMs: 50, endpoint: "/memory/nobody" });
    await expect(connecting).rejects.toMatchObject({ code: "unavailable" });
    await expect(transport.connect("/memory/peer-1", { deadlineMs: 10 })).rejects.toMatchObject({
      code: "shutting_down",
    });
  });

  test("a restarted node is found again", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    await cluster.crash(1);
    const write = client.store.write(set("b"));
    await cluster.clock.advance(1_000);
    await cluster.startNode(1);
    await cluster.clock.run(write);
    expect(cluster.log.setCounts.get("b")).toBe(1);
  });
});

describe("a pinned endpoint", () => {
  test("answers reads itself, and nobody else is asked", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect({ endpoint: "/memory/peer-3" });
    await cluster.clock.run(client.store.get({ key: "a" }));
    expect(new Set(cluster.seen.map(({ nodeId }) => nodeId))).toEqual(new Set([3]));
  });

  test("that does not lead says who does", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect({ endpoint: "/memory/peer-3" });
    await expect(cluster.clock.run(client.store.write(set("a")))).rejects.toMatchObject({
      code: "not_leader",
      details: { leader: 1 },
    });
    expect(new Set(cluster.seen.map(({ nodeId }) => nodeId))).toEqual(new Set([3]));
  });
});

describe("cluster calls", () => {
  test("a change whose answer was lost is reported and not repeated", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    await cluster.clock.run(client.cluster.currentState());
    cluster.faultOf = first(1, "removeNode", { loseAnswer: true });
    await expect(cluster.clock.run(client.cluster.removeNode(3))).rejects.toMatchObject({ code: "unavailable" });
    expect(cluster.seenOf("removeNode")).toHaveLength(1);
  });

  test("a change follows the leader", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    await cluster.clock.run(client.cluster.currentState());
    cluster.leader = 2;
    expect(await cluster.clock.run(client.cluster.removeNode(3))).toMatchObject({ clusterId: "scripted" });
    expect(cluster.seenOf("removeNode").map(({ nodeId }) => nodeId)).toEqual([1, 2]);
  });

  test("a change that could not be sent goes to the next node", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    await cluster.clock.run(client.cluster.currentState());
    cluster.leader = 2;
    await cluster.crash(1);
    await cluster.clock.run(client.cluster.removeNode(3));
    expect(cluster.seenOf("removeNode").at(-1)?.nodeId).toBe(2);
  });

  test("a cluster without members says so when every node has said it", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    const refuse = new AspenError("not_initialized", "init was never called");
    cluster.faultOf = ({ kind }) => (kind === "get" ? { refuse } : undefined);
    await expect(cluster.clock.run(client.store.get({ key: "a" }))).rejects.toMatchObject({ code: "not_initialized" });
    expect(new Set(cluster.seenOf("get").map(({ nodeId }) => nodeId))).toEqual(new Set([1, 2, 3]));
    expect(cluster.clock.nowMs()).toBeLessThan(100);
  });
});

test("the promise of connecting is rejected, never thrown", async () => {
  const cluster = new ScriptedCluster();
  const transport = await cluster.transport("client");
  const { clock, random } = cluster;
  await expect(connectClient({ ticket: "", transport, clock, random })).rejects.toMatchObject({
    code: "invalid_request",
  });
});
