import { AspenError, type CallOptions, type KeyValueStore, type ReadLabel, type ReadOptions } from "@aspenjs/api";
import { notLeaderError } from "@aspenjs/protocol";
import { describe, expect, test } from "vitest";
import { limits } from "../src/limits.ts";
import { ScriptedCluster } from "./scripted-cluster.ts";

type Read = (store: KeyValueStore, read: ReadOptions, options?: CallOptions) => Promise<ReadLabel>;

const READS: Readonly<Record<string, Read>> = {
  get: (store, read, options) => store.get({ key: "a", ...read }, options),
  getMulti: (store, read, options) => store.getMulti({ keys: ["a"], ...read }, options),
  scan: (store, read, options) => store.scan({ range: { kind: "prefix", prefix: "" }, ...read }, options),
  getLease: (store, read, options) => store.getLease({ leaseId: 1, ...read }, options),
  listLeases: (store, read, options) => store.listLeases(read, options),
};
const reads = Object.entries(READS);
const UNAVAILABLE = new AspenError("unavailable", "no quorum");

/** Nobody leads: whatever asks for more than stale data is refused with this, or left without an answer. */
async function leaderlessCluster(refusal: AspenError | "silence" = UNAVAILABLE): Promise<ScriptedCluster> {
  const cluster = await new ScriptedCluster().start(3);
  cluster.faultOf = (request) => {
    if (!("consistency" in request) || request.consistency === "stale") return undefined;
    return refusal === "silence" ? { stayingSilent: true } : { refuse: refusal };
  };
  return cluster;
}

describe.each(reads)("%s with a local fallback", (_kind, read) => {
  test.each(["linearizable", "lease"] as const)("is %s while there is a leader", async (consistency) => {
    const cluster = await new ScriptedCluster().start(3);
    const { store } = await cluster.connect();
    const startedAtMs = cluster.clock.nowMs();
    const { consistency: got } = await cluster.clock.run(read(store, { consistency, fallback: "local" }));
    expect(got).toBe("linearizable");
    expect(cluster.clock.nowMs() - startedAtMs).toBeLessThan(20);
    expect(cluster.seen.some(({ call }) => "consistency" in call.request && call.request.consistency === "stale")).toBe(
      false,
    );
  });

  test.each([
    ["nobody leads", UNAVAILABLE],
    ["every node names another one", notLeaderError(9)],
    ["every node is full", new AspenError("resource_exhausted", "full")],
    ["no node says anything", "silence"],
  ] as const)("F1 F3 F4 is stale when %s, by the middle of its time", async (_name, refusal) => {
    const cluster = await leaderlessCluster(refusal);
    const { store } = await cluster.connect();
    const startedAtMs = cluster.clock.nowMs();
    const { consistency } = await cluster.clock.run(read(store, { fallback: "local" }, { deadlineMs: 3_000 }));
    expect(consistency).toBe("stale");
    const tookMs = cluster.clock.nowMs() - startedAtMs;
    expect(tookMs).toBeGreaterThanOrEqual(1_500);
    expect(tookMs).toBeLessThan(1_600);
  });

  test("fails without it, and with it when not even stale data can be had, at its deadline", async () => {
    const cluster = await leaderlessCluster();
    const { store } = await cluster.connect();
    const without = cluster.clock.run(read(store, {}, { deadlineMs: 300 }));
    await expect(without).rejects.toMatchObject({ code: "unavailable", details: { deadlineMs: 300 } });
    cluster.faultOf = () => ({ refuse: UNAVAILABLE });
    const startedAtMs = cluster.clock.nowMs();
    const call = cluster.clock.run(read(store, { fallback: "local" }, { deadlineMs: 300 }));
    await expect(call).rejects.toMatchObject({ code: "unavailable", details: { deadlineMs: 300 }, cause: UNAVAILABLE });
    expect(cluster.clock.nowMs() - startedAtMs).toBe(300);
  });

  test.each([
    "forbidden",
    "unauthorized",
    "invalid_request",
    "batch_too_large",
    "not_initialized",
    "internal",
  ] as const)("F2 hides no %s", async (code) => {
    const cluster = await leaderlessCluster(new AspenError(code, "the answer"));
    const { store } = await cluster.connect();
    await expect(cluster.clock.run(read(store, { fallback: "local" }))).rejects.toMatchObject({ code });
    expect(cluster.seen.some(({ call }) => "consistency" in call.request && call.request.consistency === "stale")).toBe(
      false,
    );
  });

  test.each([100, 1_600])("F4 ends at once when its caller gives up after %i ms", async (afterMs) => {
    const cluster = await leaderlessCluster("silence");
    const { store } = await cluster.connect();
    cluster.faultOf = () => ({ stayingSilent: true });
    const controller = new AbortController();
    cluster.clock.setTimer(afterMs, () => controller.abort());
    const startedAtMs = cluster.clock.nowMs();
    const call = read(store, { fallback: "local" }, { deadlineMs: 3_000, signal: controller.signal });
    await expect(cluster.clock.run(call)).rejects.toMatchObject({ code: "timeout", retryable: false });
    expect(cluster.clock.nowMs() - startedAtMs).toBe(afterMs);
    const seen = cluster.seen.length;
    await cluster.clock.advance(5_000);
    expect(cluster.seen).toHaveLength(seen);
  });

  test("F4 ends with the client", async () => {
    const cluster = await leaderlessCluster();
    const client = await cluster.connect();
    const call = read(client.store, { fallback: "local" });
    cluster.clock.setTimer(100, () => void client.close());
    await expect(cluster.clock.run(call)).rejects.toMatchObject({ code: "shutting_down" });
    expect(cluster.clock.nowMs()).toBeLessThan(200);
  });

  test("takes no other fallback than a local one", async () => {
    const cluster = await new ScriptedCluster().start(1);
    const { store } = await cluster.connect();
    const before = cluster.seen.length;
    const unknown = { fallback: "remote" } as unknown as ReadOptions;
    await expect(read(store, unknown)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(read(store, { ...unknown, consistency: "stale" })).rejects.toMatchObject({ code: "invalid_request" });
    expect(cluster.seen).toHaveLength(before);
  });
});

test("the node of a pinned client that names a leader elsewhere is asked for what it has itself, at once", async () => {
  const cluster = await leaderlessCluster(notLeaderError(2));
  const { store } = await cluster.connect({ endpoint: cluster.network.addressOf("peer-1") });
  const startedAtMs = cluster.clock.nowMs();
  const { consistency } = await cluster.clock.run(store.get({ key: "a", fallback: "local" }));
  expect([consistency, cluster.clock.nowMs() - startedAtMs < 20]).toEqual(["stale", true]);
});

test("F4 both halves have one place among the calls", async () => {
  const cluster = await leaderlessCluster();
  const { store } = await cluster.connect();
  const calls = Array.from({ length: limits.callsInFlightMax }, () => store.get({ key: "a", fallback: "local" }));
  const labels = await cluster.clock.run(Promise.all(calls));
  expect(new Set(labels.map(({ consistency }) => consistency))).toEqual(new Set(["stale"]));
  expect(cluster.clock.nowMs()).toBeLessThan(6_000);
});

test("F3 a node that was silent about what needs a leader is asked, though others are left that nobody has reached", async () => {
  const cluster = await leaderlessCluster("silence");
  const { store } = await cluster.connect({
    ticket: cluster.ticket({ addresses: ["/memory/peer-2", "/memory/peer-1"] }),
  });
  for (const nodeId of [1, 3]) await cluster.crash(nodeId);
  await cluster.clock.advance(5);
  for (const deadlineMs of [100, 400, 2_000]) {
    const startedAtMs = cluster.clock.nowMs();
    const { consistency } = await cluster.clock.run(store.get({ key: "a", fallback: "local" }, { deadlineMs }));
    expect(consistency).toBe("stale");
    expect(cluster.clock.nowMs() - startedAtMs).toBeLessThan(deadlineMs / 2 + 10);
  }
});
