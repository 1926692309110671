/**
 * What a small request pays for a bulk stream beside it, between two processes over libp2p on loopback: alone, on the
 * same session, and with the stream on a connection of its own, which is the most that separating them could gain.
 *   node --conditions=@aspenjs/source packages/transport/bench/beside-bulk.bench.ts
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { PeerId } from "@aspenjs/api";
import type { Endpoint } from "../src/endpoint.ts";
import { createLibp2pTransport } from "../src/libp2p/create-libp2p-transport.ts";

const PROTOCOL = "/bench/beside/1";
const BODY_BYTES = 300;
const CHUNK_BYTES = 65_536;
const SECONDS_PER_CASE = 4;
const gate = { mayConnect: () => true, mayUse: () => true };
const deadline = { deadlineMs: 60_000 };

interface Line {
  readonly client: Endpoint;
  readonly server: PeerId;
}

async function serve(): Promise<void> {
  const addresses: (string | undefined)[] = [];
  for (let index = 0; index < 2; index += 1) {
    const server = await createLibp2pTransport({ listen: ["/ip4/127.0.0.1/tcp/0"], gate });
    server.handle(PROTOCOL, {
      onRequest: (request) => Promise.resolve(request.body),
      onStream: async (stream) => {
        for await (const chunk of stream) if (chunk.byteLength === 0) return;
      },
    });
    await server.start();
    addresses.push(server.addresses[0]);
  }
  process.on("disconnect", () => process.exit());
  process.send?.({ addresses });
}

async function dial(address: string): Promise<Line> {
  const client = await createLibp2pTransport({ listen: [], gate });
  await client.start();
  return { client, server: await client.connect(address, deadline) };
}

/** Writes until told to stop; answers with MiB per second. */
function startBulk({ client, server }: Line): () => Promise<number> {
  let isRunning = true;
  const chunk = new Uint8Array(CHUNK_BYTES);
  const running = (async () => {
    const stream = await client.openStream(server, PROTOCOL, new Uint8Array(0), deadline);
    const startMs = performance.now();
    let chunks = 0;
    for (; isRunning; chunks += 1) await stream.write(chunk);
    const seconds = (performance.now() - startMs) / 1_000;
    await stream.end();
    return (chunks * CHUNK_BYTES) / 1_048_576 / seconds;
  })();
  return () => {
    isRunning = false;
    return running;
  };
}

async function latencies({ client, server }: Line): Promise<number[]> {
  const body = new Uint8Array(BODY_BYTES);
  const untilMs = performance.now() + SECONDS_PER_CASE * 1_000;
  const measured: number[] = [];
  while (performance.now() < untilMs) {
    const startMs = performance.now();
    await client.request(server, PROTOCOL, body, deadline);
    measured.push(performance.now() - startMs);
  }
  return measured.toSorted((left, right) => left - right);
}

function report(name: string, sorted: readonly number[], mibPerSecond?: number): void {
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
  const bulk = mibPerSecond === undefined ? "" : `, beside ${mibPerSecond.toFixed(0)} MiB/s`;
  console.log(`${name.padEnd(34)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.9999)} ms${bulk}`);
}

async function run(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ["serve"]);
  const [{ addresses }] = await once(child, "message");
  const [first, second] = [await dial(addresses[0]), await dial(addresses[1])];
  await latencies(first);
  report("alone", await latencies(first));
  const stopShared = startBulk(first);
  const shared = await latencies(first);
  report("stream on the same session", shared, await stopShared());
  const stopApart = startBulk(second);
  const apart = await latencies(first);
  report("stream on a connection of its own", apart, await stopApart());
  await Promise.all([first.client.stop(), second.client.stop()]);
  child.disconnect();
}

await (process.argv[2] === "serve" ? serve() : run());
