import { describe, expect, test } from "vitest";
import { createSimulate } from "../src/testing/create-simulate.ts";

const simulate = createSimulate({ describe, test });

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

simulate("a leader that is cut off serves nobody, and another one takes over", { seeds: 10 }, async (stage) => {
  const before = await stage.leader();
  const others = stage.nodes.filter((node) => node !== before);
  const alone = await stage.client(before);
  await stage.settle(alone.store.write({ kind: "set", key: "a", value: bytes("1") }));
  stage.cut([before], others);
  const read = stage.refusal(alone.store.get({ key: "a" }, { deadlineMs: 5_000 }));
  expect(await read).toBe("unavailable");
  await stage.until("another one leads", () => others.some(({ node }) => node?.metrics().role === "leader"));
  const client = await stage.client();
  await stage.settle(client.store.write({ kind: "set", key: "a", value: bytes("2") }));
  stage.heal();
  const { entry } = await stage.settle(alone.store.get({ key: "a" }));
  expect(entry?.version).toBe(2);
});

simulate("what was acknowledged survives the power of the whole room", { seeds: 10, nodeCount: 5 }, async (stage) => {
  const client = await stage.client();
  for (let index = 1; index <= 20; index += 1) {
    const value = bytes(String(index));
    await stage.settle(client.store.write({ kind: "set", key: "a", value }));
  }
  for (const node of stage.nodes) stage.end(node, "powerCut");
  stage.heal();
  const { entry } = await stage.settle(client.store.get({ key: "a" }));
  expect(entry?.version).toBe(20);
});

const snapshots = { compactionEntries: 5, retainedEntriesMin: 0 };

simulate("who was away while the log was compacted comes back by a snapshot", { config: snapshots }, async (stage) => {
  const leader = await stage.leader();
  const [absent] = stage.nodes.filter((node) => node !== leader);
  if (absent === undefined) throw new Error("three nodes run");
  stage.end(absent, "killed");
  const client = await stage.client();
  for (let index = 1; index <= 30; index += 1) {
    await stage.settle(client.store.write({ kind: "set", key: `k${index % 3}`, value: bytes(String(index)) }));
  }
  const { last } = { last: leader.node?.metrics().lastLogId.index ?? 0 };
  await stage.restart(absent);
  await stage.until("it has caught up", () => (absent.node?.metrics().appliedIndex ?? 0) >= last);
  expect(absent.machine?.revision).toBe(30);
});
