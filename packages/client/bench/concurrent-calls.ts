/**
 * What a call costs in the client: many at once, over the memory network, to a node in the same thread that answers
 * from a map. Both sides, the codec and the framing are in the figure.
 *
 *     node --conditions=@aspenjs/source packages/client/bench/concurrent-calls.ts
 */
import { createSecretKey, randomBytes, randomInt } from "node:crypto";
import type { Clock, Random } from "@aspenjs/api";
import {
  decodeClientCall,
  encodeClientAnswer,
  encodeClientTicket,
  PROTOCOL_IDS,
  type ClientRequest,
} from "@aspenjs/protocol";
import { createMemoryNetwork } from "@aspenjs/transport/memory";
import { connectClient } from "../src/index.ts";

const CALLS = 100_000;
const CONCURRENCIES = [1, 10, 100, 1_000];

const clock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  defer: (callback) => void setImmediate(callback),
};
const random: Random = {
  below: (bound) => randomInt(bound),
  bytes: (byteLength) => new Uint8Array(randomBytes(byteLength)),
};
const gate = { mayConnect: () => true, mayUse: () => true };
const network = createMemoryNetwork({ clock, random });
const value = new Uint8Array(100).fill(7);
const entry = { key: "key", value, createRevision: 1, modRevision: 1, version: 1 };

function answer(request: ClientRequest): Uint8Array {
  switch (request.kind) {
    case "hello":
      return encodeClientAnswer("hello", { clusterId: "bench", nodeId: 1, leader: 1, nodes: [] });
    case "openSession":
      return encodeClientAnswer("openSession", 1);
    case "write":
      return encodeClientAnswer("write", { kind: "written", result: { kind: "set", revision: 7 } });
    default:
      return encodeClientAnswer("get", { consistency: "linearizable", appliedIndex: 7, revision: 7, entry });
  }
}

const node = network.createTransport("node", { gate });
node.handle(PROTOCOL_IDS.client, {
  onRequest: ({ body }) => Promise.resolve(answer(decodeClientCall(body).request)),
});
await node.start();
const transport = network.createTransport("client", { gate });
await transport.start();
const ticket = encodeClientTicket(
  {
    id: "00".repeat(16),
    clusterId: "bench",
    addresses: node.addresses,
    access: "write",
    keyPrefixes: [],
    expiresAtMs: undefined,
  },
  createSecretKey(new Uint8Array(32)),
);
{
  await using client = await connectClient({ ticket, transport, clock, random, ownsTransport: true });
  for (const concurrency of CONCURRENCIES) {
    await measure("set", concurrency, () => client.store.write({ kind: "set", key: "key", value }));
    await measure("get", concurrency, () => client.store.get({ key: "key" }));
  }
}
await node.stop();

async function measure(name: string, concurrency: number, call: () => Promise<unknown>): Promise<void> {
  const perWorker = Math.ceil(CALLS / 10 / concurrency) * (concurrency === 1 ? 1 : 10);
  const worker = async (): Promise<void> => {
    for (let index = 0; index < perWorker; index += 1) await call();
  };
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const elapsedMs = performance.now() - startedAtMs;
  const calls = perWorker * concurrency;
  const perCall = ((elapsedMs * 1_000) / calls).toFixed(1);
  console.log(`${name} x ${String(concurrency).padStart(5)}  ${perCall.padStart(7)} us per call`);
}
