import { AspenError } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { ScriptedCluster } from "./scripted-cluster.ts";

const set = (key: string, text = "v") => ({ kind: "set", key, value: Buffer.from(text) }) as const;

describe("a client of a cluster that is well", () => {
  test("writes and reads through the leader, having greeted it once", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    const { clock } = cluster;
    expect(client.clusterId).toBe("scripted");
    expect(await clock.run(client.store.write(set("a")))).toEqual({ kind: "set", revision: 1 });
    expect(await clock.run(client.store.write(set("a", "w")))).toMatchObject({ revision: 2 });
    const { entry, revision } = await clock.run(client.store.get({ key: "a" }));
    expect(entry).toMatchObject({ key: "a", version: 2, modRevision: 2 });
    expect(revision).toBe(2);
    expect(cluster.seenOf("openSession")).toHaveLength(1);
    const asked = cluster.seen.filter(({ call }) => call.request.kind !== "hello").map(({ nodeId }) => nodeId);
    expect(new Set(asked)).toEqual(new Set([1]));
    expect(cluster.seenOf("hello").filter(({ nodeId }) => nodeId === 1)).toHaveLength(1);
  });

  test("numbers its writes and acknowledges what was answered", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    for (const key of ["a", "b", "c"]) await cluster.clock.run(client.store.write(set(key)));
    const sessions = cluster.seenOf("write").map(({ call }) => call.request.kind === "write" && call.request.session);
    expect(sessions).toEqual([
      { sessionId: 1, sequence: 1, acknowledgedThrough: 0 },
      { sessionId: 1, sequence: 2, acknowledgedThrough: 1 },
      { sessionId: 1, sequence: 3, acknowledgedThrough: 2 },
    ]);
  });

  test("tells a node what is left of a call's time", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.get({ key: "a" }, { deadlineMs: 700 }));
    expect(cluster.seenOf("get")[0]?.call.deadlineMs).toBe(700);
  });

  test("refuses at its own gate what no node would take, and sends nothing", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const { store, cluster: controller, issueTicket } = await cluster.connect();
    const before = cluster.seen.length;
    const refused: readonly (readonly [string, () => Promise<unknown>])[] = [
      ["invalid_request", () => store.write(set(""))],
      ["invalid_request", () => store.write(set("\u0000system"))],
      ["key_too_large", () => store.get({ key: "k".repeat(1_025) })],
      ["value_too_large", () => store.write({ kind: "set", key: "k", value: new Uint8Array(1_048_577) })],
      ["invalid_request", () => store.scan({ range: { kind: "prefix", prefix: "" }, limit: 10_001 })],
      ["invalid_request", () => store.scan({ range: { kind: "prefix", prefix: "\ud800" } })],
      ["invalid_request", () => store.get({ key: "k" }, { deadlineMs: 0 })],
      ["invalid_request", () => store.get({ key: "k" }, { deadlineMs: Number.NaN })],
      ["invalid_request", () => controller.removeNode(0)],
      ["invalid_request", () => controller.addLearner({ nodeId: 1, peerId: "", addresses: [] })],
    ];
    for (const [code, call] of refused) await expect(call()).rejects.toMatchObject({ code });
    expect(issueTicket).toBeTypeOf("function");
    expect(cluster.seen).toHaveLength(before);
  });

  test("passes a definite refusal on, untouched and at once", async () => {
    const cluster = await new ScriptedCluster().start(3);
    const client = await cluster.connect();
    const refuse = new AspenError("forbidden", "outside of the ticket", { details: { prefix: "app/" } });
    cluster.faultOf = ({ kind }) => (kind === "get" ? { refuse } : undefined);
    await expect(cluster.clock.run(client.store.get({ key: "a" }))).rejects.toMatchObject({
      code: "forbidden",
      message: "outside of the ticket",
      details: { prefix: "app/" },
    });
    expect(cluster.seenOf("get")).toHaveLength(1);
  });

  test("a ticket that may not write is told so, and may still read", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    const refuse = new AspenError("forbidden", "read only");
    cluster.faultOf = ({ kind }) => (kind === "openSession" ? { refuse } : undefined);
    await expect(cluster.clock.run(client.store.write(set("a")))).rejects.toMatchObject({ code: "forbidden" });
    await cluster.clock.run(client.store.get({ key: "a" }));
  });

  test("issues tickets", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    const text = await cluster.clock.run(client.issueTicket({ access: "read", keyPrefixes: ["a/"] }));
    expect(text).toMatch(/^aspenclient/);
    expect(await cluster.clock.run(client.joinTicket())).toBe("aspenq");
    await expect(client.issueTicket({ access: "read", ttlMs: 0 })).rejects.toMatchObject({ code: "invalid_request" });
  });
});

describe("bounds", () => {
  test("a thousand calls run, ten thousand wait, one more is refused; every place comes back", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    cluster.faultOf = ({ kind }) => (kind === "get" ? { delayMs: 50 } : undefined);
    const calls = Array.from({ length: 11_000 }, () => client.store.get({ key: "a" }, { deadlineMs: 60_000 }));
    await expect(client.store.get({ key: "a" })).rejects.toMatchObject({ code: "resource_exhausted", retryable: true });
    await cluster.clock.advance(10);
    expect(cluster.seenOf("get")).toHaveLength(1_000);
    await cluster.clock.run(Promise.all(calls));
    expect(cluster.seenOf("get")).toHaveLength(11_000);
    await cluster.clock.run(client.store.get({ key: "a" }));
  });

  test("calls that were aborted or timed out, under way or waiting, leave their places", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    cluster.faultOf = ({ kind }) => (kind === "get" ? { stayingSilent: true } : undefined);
    const controller = new AbortController();
    const aborted = Array.from({ length: 900 }, () => client.store.get({ key: "a" }, { signal: controller.signal }));
    const late = Array.from({ length: 600 }, () => client.store.get({ key: "a" }, { deadlineMs: 30 }));
    const ended = Promise.allSettled([...aborted, ...late]);
    await cluster.clock.advance(5);
    controller.abort();
    const outcomes = await cluster.clock.run(ended);
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(cluster.clock.nowMs()).toBeLessThan(100);
    cluster.faultOf = () => undefined;
    await cluster.clock.run(Promise.all(Array.from({ length: 1_500 }, () => client.store.get({ key: "a" }))));
  });

  test("a thousand writes of one turn share one session and finish in one round trip", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    const writes = Array.from({ length: 1_000 }, (_, index) => client.store.write(set(`k${index}`)));
    await cluster.clock.run(Promise.all(writes));
    expect(cluster.log.sessionsOpened).toBe(1);
    expect([...cluster.log.setCounts.values()].every((count) => count === 1)).toBe(true);
    expect(cluster.seenOf("write")).toHaveLength(1_000);
  });
});

describe("the end of a call", () => {
  test("comes at its deadline to the millisecond, and says whether anything was sent", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    cluster.faultOf = ({ kind }) => (kind === "write" ? { stayingSilent: true } : undefined);
    const startedAtMs = cluster.clock.nowMs();
    await expect(cluster.clock.run(client.store.write(set("b"), { deadlineMs: 250 }))).rejects.toMatchObject({
      code: "timeout",
      details: { deadlineMs: 250, outcome: "unknown" },
    });
    expect(cluster.clock.nowMs() - startedAtMs).toBe(250);

    await cluster.crash(1);
    await cluster.clock.advance(5);
    await expect(cluster.clock.run(client.store.write(set("c"), { deadlineMs: 250 }))).rejects.toMatchObject({
      code: "unavailable",
      details: { outcome: "not_applied" },
      cause: { code: "unavailable" },
    });
  });

  test("comes with the caller's abort, with its reason when that is an AspenError", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    cluster.faultOf = ({ kind }) => (kind === "get" ? { stayingSilent: true } : undefined);
    const first = new AbortController();
    const second = new AbortController();
    const calls = Promise.allSettled([first, second].map(({ signal }) => client.store.get({ key: "a" }, { signal })));
    await cluster.clock.advance(5);
    first.abort();
    second.abort(new AspenError("shutting_down", "the program ends"));
    const [plain, reasoned] = await calls;
    expect(plain).toMatchObject({ status: "rejected", reason: { code: "timeout", retryable: false } });
    expect(reasoned).toMatchObject({ status: "rejected", reason: { code: "shutting_down" } });
    await expect(client.store.get({ key: "a" }, { signal: first.signal })).rejects.toMatchObject({ code: "timeout" });
  });

  test("comes with close: for calls that run and calls that wait, and for every later one", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const client = await cluster.connect();
    await cluster.clock.run(client.store.write(set("a")));
    cluster.faultOf = ({ kind }) => (kind === "get" ? { stayingSilent: true } : undefined);
    const calls = Promise.allSettled(Array.from({ length: 2_000 }, () => client.store.get({ key: "a" })));
    await cluster.clock.advance(5);
    await cluster.clock.run(client.close());
    for (const outcome of await calls) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "shutting_down" } });
    }
    expect(cluster.seenOf("get")).toHaveLength(1_000);
    await expect(client.store.get({ key: "a" })).rejects.toMatchObject({ code: "shutting_down" });
    expect(cluster.log.sessions.size).toBe(0);
    await client.close();
  });

  test("close ends the connections that the client opened, and stops a transport that it owns", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const transport = await cluster.transport("owned");
    {
      await using client = await cluster.connect({ transport, ownsTransport: true });
      await cluster.clock.run(client.store.get({ key: "a" }));
    }
    await cluster.clock.advance(5);
    expect(cluster.network.connectionCount).toBe(0);
    await expect(transport.connect("/memory/peer-1", { deadlineMs: 10 })).rejects.toMatchObject({
      code: "shutting_down",
    });
  });
});
