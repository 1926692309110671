import { afterAll, beforeAll, expect, test } from "vitest";
import { ProcessCluster } from "../src/process-cluster.ts";
import type { Item } from "./foreign/cbor.ts";
import { ForeignClient, Refusal, ticketRow } from "./foreign/foreign-client.ts";

/** Of SPEC.md of `protocol`, section 2. */
const HELLO = 0;
const WRITE = 1;
const OPEN_SESSION = 2;
const GET = 4;
const SCAN = 5;
const REMOVE_NODE = 10;
const CURRENT_STATE = 12;
const LINEARIZABLE = 0;

let cluster: ProcessCluster;
let client: ForeignClient;
const text = (word: string): Uint8Array => new TextEncoder().encode(word);

async function refusal(call: Promise<unknown>): Promise<Refusal> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  if (outcome instanceof Refusal) return outcome;
  throw new Error(`no refusal: ${JSON.stringify(outcome)}`);
}

beforeAll(async () => {
  cluster = await ProcessCluster.form(3);
  const own = await cluster.connect({ deadlineMs: 60_000 });
  client = await ForeignClient.connect((await cluster.leader(own)).address);
}, 180_000);

afterAll(async () => {
  await client.close();
  await cluster.close();
}, 60_000);

test("a client that was written from the specifications alone is greeted, writes, reads and scans", async () => {
  expect((await refusal(client.ask(GET, "k", LINEARIZABLE))).code).toBe("unauthorized");
  const [clusterId, nodeId, leader, nodes] = await client.ask(HELLO, ticketRow(cluster.ticket()));
  expect([clusterId, leader]).toEqual([cluster.clusterId, nodeId]);
  expect((nodes as readonly Item[]).length).toBe(3);

  const [sessionId] = await client.ask(OPEN_SESSION);
  const set: Item = [2, "foreign/k", text("v"), false, null];
  const first = await client.ask(WRITE, [sessionId ?? 0, 1, 0], set);
  // The same write of the same session: answered as before, and in effect once.
  expect(await client.ask(WRITE, [sessionId ?? 0, 1, 0], set)).toEqual(first);
  const [consistency, , , entry] = await client.ask(GET, "foreign/k", LINEARIZABLE);
  expect([consistency, entry]).toMatchObject([
    LINEARIZABLE,
    ["foreign/k", expect.anything(), expect.anything(), expect.anything(), 1, null],
  ]);
  const swap: Item = [6, "foreign/k", [0], text("w")];
  const [[kind, conflict] = [] as readonly Item[]] = (await client.ask(
    WRITE,
    null,
    swap,
  )) as readonly (readonly Item[])[];
  expect([kind, (conflict as readonly Item[])[0]]).toEqual([0, 4]);
  const page = await client.ask(SCAN, [0, "foreign/"], 10, false, true, LINEARIZABLE, null);
  expect(page.slice(4)).toEqual([1, false, null]);
});

test("what it gets wrong is refused in words, and its connection goes on", async () => {
  expect((await refusal(client.ask(WRITE, null, [2, "", text("v"), false, null]))).code).toBe("invalid_request");
  expect((await refusal(client.ask(GET, "k", 7))).code).toBe("invalid_request");
  expect((await refusal(client.ask(REMOVE_NODE, 9))).code).toBe("not_found");
  const [state] = (await client.ask(CURRENT_STATE)) as readonly (readonly Item[])[];
  expect(state?.[0]).toBe(cluster.clusterId);
});
