/**
 * Requests per second, CPU per request, and stream throughput over libp2p on loopback, between two processes. Run:
 *   node --conditions=@aspenjs/source packages/transport/bench/echo.bench.ts
 * CPU is user and system time of one process; the other one's is printed beside it.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { PeerId } from "@aspenjs/api";
import type { Endpoint } from "../src/endpoint.ts";
import { createLibp2pTransport } from "../src/libp2p/create-libp2p-transport.ts";

const ECHO = "/bench/echo/1";
const BODY_BYTES = 300;
const SECONDS_PER_CASE = 3;
const STREAM_BYTES = 256 * 1_048_576;
const CHUNK_BYTES = 65_536;
const gate = { mayConnect: () => true, mayUse: () => true };
const deadline = { deadlineMs: 60_000 };

async function serve(): Promise<void> {
  const server = await createLibp2pTransport({ listen: ["/ip4/127.0.0.1/tcp/0"], gate });
  server.handle(ECHO, {
    onRequest: (request) => Promise.resolve(request.body),
    onStream: async (stream) => {
      for await (const chunk of stream) if (chunk.byteLength === 0) throw new Error("an empty chunk");
    },
  });
  await server.start();
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMicros: user + system });
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ address: server.addresses[0] });
}

async function cpuMicrosOf(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [{ cpuMicros }] = await once(child, "message");
  return cpuMicros;
}

function ownCpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function callFor(client: Endpoint, server: PeerId, callers: number, milliseconds: number): Promise<number> {
  const body = new Uint8Array(BODY_BYTES);
  const untilMs = performance.now() + milliseconds;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      await client.request(server, ECHO, body, deadline);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return calls;
}

async function benchRequests(client: Endpoint, server: PeerId, child: ChildProcess, callers: number): Promise<void> {
  await callFor(client, server, callers, 500);
  const [serverBefore, clientBefore, startMs] = [await cpuMicrosOf(child), ownCpuMicros(), performance.now()];
  const calls = await callFor(client, server, callers, SECONDS_PER_CASE * 1_000);
  const seconds = (performance.now() - startMs) / 1_000;
  const clientMicros = (ownCpuMicros() - clientBefore) / calls;
  const serverMicros = ((await cpuMicrosOf(child)) - serverBefore) / calls;
  console.log(
    `${String(callers).padStart(5)} callers: ${Math.round(calls / seconds)
      .toString()
      .padStart(
        7,
      )} requests/s, CPU per request ${clientMicros.toFixed(1)} µs client, ${serverMicros.toFixed(1)} µs server`,
  );
}

async function benchStream(client: Endpoint, server: PeerId, child: ChildProcess): Promise<void> {
  const [serverBefore, clientBefore, startMs] = [await cpuMicrosOf(child), ownCpuMicros(), performance.now()];
  const stream = await client.openStream(server, ECHO, new Uint8Array(0), deadline);
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let sent = 0; sent < STREAM_BYTES; sent += CHUNK_BYTES) await stream.write(chunk);
  await stream.end();
  for await (const unexpected of stream) console.log(unexpected);
  const seconds = (performance.now() - startMs) / 1_000;
  const mib = STREAM_BYTES / 1_048_576;
  const clientMs = (ownCpuMicros() - clientBefore) / 1_000 / mib;
  const serverMs = ((await cpuMicrosOf(child)) - serverBefore) / 1_000 / mib;
  console.log(
    `stream of ${mib} MiB: ${(mib / seconds).toFixed(0)} MiB/s, CPU per MiB ${clientMs.toFixed(2)} ms client, ${serverMs.toFixed(2)} ms server`,
  );
}

async function run(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ["serve"]);
  const [{ address }] = await once(child, "message");
  const client = await createLibp2pTransport({ listen: [], gate });
  await client.start();
  const server = await client.connect(address, deadline);
  for (const callers of [1, 16, 256, 1_000]) await benchRequests(client, server, child, callers);
  await benchStream(client, server, child);
  await client.stop();
  child.disconnect();
}

await (process.argv[2] === "serve" ? serve() : run());
