import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { logLines } from "../src/node-log.ts";
import { ProcessCluster } from "../src/process-cluster.ts";

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const WAIT = { timeout: 60_000, interval: 50 };

test("a node that starts with a join ticket is taken in, catches up, and votes where learners are promoted", async () => {
  cluster = await ProcessCluster.form(2, ["--promote-learners"]);
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const pairs = Array.from({ length: 500 }, (_, position) => ({
    key: `key/${position}`,
    value: new Uint8Array(100).fill(position),
  }));
  await client.store.write({ kind: "setMulti", pairs });
  const ticketFile = join(cluster.directory, "join.ticket");
  await writeFile(ticketFile, await client.joinTicket(), { mode: 0o600 });
  const joined = await cluster.startNode(3, ["--promote-learners", "--join-ticket-file", ticketFile]);
  await vi.waitFor(async () => {
    expect((await client.cluster.currentState()).membership.voters).toEqual([1, 2, 3]);
  }, WAIT);
  const leader = await cluster.leader(client);
  await vi.waitFor(() => {
    expect(logLines(leader).map(({ msg }) => msg)).toContain("a learner caught up and votes now");
  }, WAIT);
  await vi.waitFor(() => {
    expect(logLines(joined).map(({ msg }) => msg)).toContain("joined the cluster as a learner");
  }, WAIT);

  // Its vote counts: with one of the first two gone, it is what makes the quorum.
  await leader.kill();
  const { entry } = await client.store.get({ key: "key/499" });
  expect(entry?.value).toEqual(pairs[499]?.value);
  await client.store.write({ kind: "set", key: "after", value: new Uint8Array(1) });
}, 300_000);

test("without being told so, a cluster keeps its learners learners", async () => {
  cluster = await ProcessCluster.form(1);
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const ticketFile = join(cluster.directory, "join.ticket");
  await writeFile(ticketFile, await client.joinTicket(), { mode: 0o600 });
  const joined = await cluster.startNode(2, ["--join-ticket-file", ticketFile]);
  const last = await client.store.write({ kind: "set", key: "k", value: new Uint8Array(1) });
  const learner = await cluster.connect({ endpoint: joined.address, deadlineMs: 60_000 });
  // A linearizable read of the learner's: once it was taken in, it has caught up with the write.
  await vi.waitFor(async () => {
    expect((await learner.store.get({ key: "k" })).revision).toBeGreaterThanOrEqual(last.revision);
  }, WAIT);
  const { membership } = await client.cluster.currentState();
  expect([membership.voters, membership.learners]).toEqual([[1], [2]]);
}, 300_000);
