import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AspenError, type PeerEvent } from "@aspenjs/api";
import type { Endpoint } from "../src/endpoint.ts";
import { createLibp2pTransport } from "../src/libp2p/create-libp2p-transport.ts";
import { createSystemClock } from "../src/libp2p/system-clock.ts";
import { limits } from "../src/limits.ts";
import { eventually } from "../src/testing/transport-harness.ts";
import { OPEN_GATE } from "./scripted-link.ts";

const ECHO = "/test/echo/1";
const MIB = 1_048_576;
const PROMPT = { deadlineMs: 20_000 };
/** For a child to start and to connect, on a busy machine. */
const CHILD_MS_MAX = 40_000;
const clock = createSystemClock();
const codeOf = (error: unknown) => (error instanceof AspenError ? error.code : error);

function startChild(...args: string[]): ChildProcess {
  const script = fileURLToPath(new URL("programs/libp2p-child.ts", import.meta.url));
  return spawn(process.execPath, ["--conditions=@aspenjs/source", script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the child's output is read");
  const [line] = await once(createInterface(child.stdout), "line");
  return String(line);
}

describe("processes on one machine", { timeout: 120_000 }, () => {
  let child: ChildProcess;
  let address: string;
  let local: Endpoint;
  let peerId: string;
  let events: { readonly atMs: number; readonly event: PeerEvent }[];

  beforeEach(async () => {
    child = startChild("serve");
    address = await firstLine(child);
    local = await createLibp2pTransport({ listen: ["/ip4/127.0.0.1/tcp/0"], gate: OPEN_GATE });
    events = [];
    local.onPeerEvent((event) => events.push({ atMs: clock.nowMs(), event }));
    await local.start();
    peerId = await local.connect(address, PROMPT);
  }, 120_000);

  afterEach(async () => {
    await local.stop();
    child.kill("SIGKILL");
  });

  test("a killed process is noticed by the break of its connection, which rejects what is in flight (F3)", async () => {
    const answers = Array.from({ length: 50 }, () =>
      local.request(peerId, ECHO, new Uint8Array(0), { deadlineMs: 110_000 }).catch(codeOf),
    );
    await local.request(peerId, ECHO, new Uint8Array(1), PROMPT);
    const killedAtMs = clock.nowMs();
    child.kill("SIGKILL");
    expect(await Promise.all(answers)).toEqual(answers.map(() => "unavailable"));
    const tookMs = clock.nowMs() - killedAtMs;
    expect(events.at(-1)?.event).toEqual({ kind: "disconnected", peerId });
    console.log(`noticed after ${tookMs.toFixed(1)} ms`);
    // Nothing else could have told before a sign of life is asked for.
    expect(tookMs).toBeLessThan(limits.pingAfterMs);
  });

  test("a stopped process keeps its connection: requests time out, the queue is bounded, and it wakes up again", async () => {
    child.kill("SIGSTOP");
    const startMs = clock.nowMs();
    const timedOut = await local.request(peerId, ECHO, new Uint8Array(1), { deadlineMs: 300 }).catch(codeOf);
    expect(timedOut).toBe("timeout");
    expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(295);
    // One body for all: what the process holds afterwards is the transport's. 750 MiB are offered in all.
    const body = new Uint8Array(65_536);
    const memoryBefore = process.memoryUsage().arrayBuffers;
    let overloaded = 0;
    for (let round = 0; round < 60; round += 1) {
      for (let index = 0; index < 200; index += 1) {
        if (local.send(peerId, ECHO, body) === "overloaded") overloaded += 1;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    const grownBytes = process.memoryUsage().arrayBuffers - memoryBefore;
    console.log(`grown by ${(grownBytes / MIB).toFixed(1)} MiB`);
    expect(overloaded).toBeGreaterThan(10_000);
    expect(local.sessionLoad(peerId)?.queuedBytes).toBeLessThanOrEqual(16 * MIB + 4_096);
    expect(grownBytes).toBeLessThan(64 * MIB);
    expect(events.at(-1)?.event.kind).toBe("connected");
    child.kill("SIGCONT");
    const awake = await local.request(peerId, ECHO, new Uint8Array(7), { deadlineMs: 60_000 });
    expect(awake).toHaveLength(7);
  });

  test("a process that has stopped its transport exits by itself", async () => {
    const visitor = startChild("once", address);
    const exited = once(visitor, "exit");
    expect(await firstLine(visitor)).toBe("stopped");
    const stoppedAtMs = clock.nowMs();
    expect(await exited).toEqual([0, null]);
    // Had the deadline of a call kept it alive, it would be there for another minute.
    expect(clock.nowMs() - stoppedAtMs).toBeLessThan(30_000);
  });

  test("the listening side hears of a killed dialler in the same way", async () => {
    const [ownAddress = ""] = local.addresses;
    const dialler = startChild("hold", ownAddress);
    await eventually(clock, () => local.connectedPeers.length === 2, CHILD_MS_MAX);
    dialler.kill("SIGKILL");
    const killedAtMs = clock.nowMs();
    await eventually(clock, () => local.connectedPeers.length === 1, CHILD_MS_MAX);
    expect(clock.nowMs() - killedAtMs).toBeLessThan(limits.pingAfterMs);
  });
});
