import { AspenError } from "@aspenjs/api";
import { afterEach, expect, test } from "vitest";
import { ProcessCluster } from "../src/process-cluster.ts";

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const CLIENT_MS = 60_000;
/** Time enough for the two that are left to see that nobody leads, and to say so: an election, and some to spare. */
const REFUSAL_MS = 10_000;
/** How late the refusal may be on a machine that has no time for it. */
const LATE_MS_MAX = 10_000;

const bytes = (text: string) => new TextEncoder().encode(text);

test("five nodes survive the loss of two, refuse on the loss of three, and resume when one returns", async () => {
  cluster = await ProcessCluster.form(5);
  const client = await cluster.connect({ deadlineMs: CLIENT_MS });
  await client.store.write({ kind: "set", key: "a", value: bytes("1") });

  const first = await cluster.leader(client);
  await first.kill();
  const second = await cluster.leader(client);
  await second.kill();
  await client.store.write({ kind: "set", key: "b", value: bytes("2") });

  // The third to go is a follower: a leader that lost its quorum is among those who are left, and must say so itself.
  const leader = await cluster.leader(client);
  const third = [...cluster.nodes.values()].find((node) => node.isRunning && node !== leader);
  await third?.kill();
  const startedMs = performance.now();
  const [write, read] = await Promise.allSettled([
    client.store.write({ kind: "set", key: "c", value: bytes("3") }, { deadlineMs: REFUSAL_MS }),
    client.store.get({ key: "a" }, { deadlineMs: REFUSAL_MS }),
  ]);
  // The calls end at their own deadlines, not at the client's.
  expect(performance.now() - startedMs).toBeLessThan(REFUSAL_MS + LATE_MS_MAX);
  for (const outcome of [write, read]) {
    expect(outcome.status).toBe("rejected");
    const reason: unknown = outcome.status === "rejected" ? outcome.reason : undefined;
    expect(reason).toBeInstanceOf(AspenError);
    expect(reason).toMatchObject({ code: "unavailable" });
  }

  const witness = await cluster.connect({ endpoint: leader.address });
  expect((await witness.cluster.getMetrics()).role).not.toBe("leader");

  await first.start();
  await client.store.write({ kind: "set", key: "d", value: bytes("4") });
  const { entries } = await client.store.scan({ range: { kind: "prefix", prefix: "" } });
  expect(entries.map((entry) => entry.key).filter((key) => key !== "c")).toEqual(["a", "b", "d"]);
}, 300_000);
