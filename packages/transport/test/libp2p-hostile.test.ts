import { connect, type Socket } from "node:net";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import type { Stream } from "@libp2p/interface";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { IncomingRequest, Logger } from "@aspenjs/api";
import type { Endpoint } from "../src/endpoint.ts";
import { FRAME_KINDS } from "../src/frame-kind.ts";
import { createLibp2pTransport } from "../src/libp2p/create-libp2p-transport.ts";
import { createSystemClock } from "../src/libp2p/system-clock.ts";
import { addressOf, elapsed, eventually } from "../src/testing/transport-harness.ts";
import { decodeWireError } from "../src/wire-error.ts";
import { OPEN_GATE, decodeFrames, frame, helloFrame } from "./scripted-link.ts";

const SESSION_PROTOCOL = "/aspen/session/1";
const ECHO = "/test/echo/1";
const PROMPT = { deadlineMs: 20_000 };
/** Short, for those who do not shake hands; long enough for an honest peer on a busy machine. */
const HANDSHAKE_MS = 2_000;
const ENDING_MS_MAX = 30_000;
const clock = createSystemClock();
const utf8 = (text: string) => new TextEncoder().encode(text);

/** A peer that completes libp2p's handshake and then does as it likes. */
async function createAttacker(): Promise<Libp2p> {
  return createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
  });
}

interface Heard {
  readonly bytes: () => Uint8Array;
  readonly closed: Promise<unknown>;
}

function listen(stream: Stream): Heard {
  const pieces: Uint8Array[] = [];
  stream.addEventListener("message", (event) => pieces.push(event.data.subarray().slice()));
  const closed = new Promise((resolve) => {
    stream.addEventListener("close", resolve);
    stream.addEventListener("remoteCloseWrite", resolve);
  });
  return { bytes: () => Buffer.concat(pieces), closed };
}

describe("a hostile peer on libp2p", () => {
  const banned = new Set<string>();
  const logged: string[] = [];
  const logger: Logger = { log: (_level, message) => void logged.push(message), child: () => logger };
  let victim: Endpoint;
  let friend: Endpoint;
  let attacker: Libp2p;

  beforeEach(async () => {
    logged.length = 0;
    banned.clear();
    victim = await createLibp2pTransport({
      listen: ["/ip4/127.0.0.1/tcp/0"],
      gate: { mayConnect: (peerId) => !banned.has(peerId), mayUse: () => true },
      logger,
      limits: { handshakeTimeoutMs: HANDSHAKE_MS, frameTimeoutMs: 1_000, sessionTickMs: 200 },
    });
    victim.handle(ECHO, { onRequest: (request: IncomingRequest) => Promise.resolve(request.body) });
    friend = await createLibp2pTransport({ listen: [], gate: OPEN_GATE });
    await Promise.all([victim.start(), friend.start()]);
    await friend.connect(addressOf(victim), PROMPT);
    attacker = await createAttacker();
  });

  /** Whatever happened, the honest peer is still served. */
  afterEach(async () => {
    const answer = await friend.request(victim.localPeerId, ECHO, new Uint8Array(5), PROMPT);
    await Promise.all([attacker.stop(), friend.stop(), victim.stop()]);
    if (answer.byteLength !== 5) throw new Error("the honest peer got a wrong answer");
  });

  const dial = () => attacker.dial(multiaddr(addressOf(victim)));
  const isLetIn = () => victim.connectedPeers.includes(attacker.peerId.toString());
  const greet = async (stream: Stream) => {
    stream.send(helloFrame());
    if (attacker.peerId.toString() < victim.localPeerId) stream.send(frame(FRAME_KINDS.accept, 0));
    await eventually(clock, isLetIn);
  };

  test("random bytes in a session are answered with a goodbye and a closed connection", async () => {
    const connection = await dial();
    const stream = await connection.newStream(SESSION_PROTOCOL);
    const heard = listen(stream);
    stream.send(utf8("GET / HTTP/1.1\r\n".repeat(20)));
    await heard.closed;
    const last = decodeFrames(heard.bytes()).at(-1);
    expect([last?.kind, decodeWireError(last?.body ?? utf8(""))?.code]).toEqual(["goodbye", "invalid_request"]);
  });

  test("a peer that may not connect is turned away before it can open a stream", async () => {
    banned.add(attacker.peerId.toString());
    logged.length = 0;
    const opened = await dial()
      .then((connection) => connection.newStream(SESSION_PROTOCOL))
      .catch(() => "refused");
    // The honest peer's own line may fall into this time.
    expect([opened, logged.filter((line) => line !== "connected")]).toEqual(["refused", ["refused"]]);
  });

  test("another version hears why it is refused", async () => {
    const stream = await (await dial()).newStream(SESSION_PROTOCOL);
    const heard = listen(stream);
    stream.send(helloFrame(99));
    await heard.closed;
    const last = decodeFrames(heard.bytes()).at(-1);
    expect(decodeWireError(last?.body ?? utf8(""))).toMatchObject({ code: "unsupported" });
  });

  test("a connection without a session, and a session without a greeting, end in time", async () => {
    const idle = await dial();
    const startMs = clock.nowMs();
    await eventually(clock, () => idle.status !== "open", ENDING_MS_MAX);
    const mute = await dial();
    await mute.newStream(SESSION_PROTOCOL);
    await eventually(clock, () => mute.status !== "open", ENDING_MS_MAX);
    expect(clock.nowMs() - startMs).toBeGreaterThan(HANDSHAKE_MS);
  });

  test("a second stream and other protocols are refused; the session goes on", async () => {
    const connection = await dial();
    const stream = await connection.newStream(SESSION_PROTOCOL);
    listen(stream);
    await greet(stream);
    await expect(connection.newStream("/ipfs/id/1.0.0")).rejects.toThrow("rotocol");
    const second = await connection.newStream(SESSION_PROTOCOL).catch(() => undefined);
    await eventually(clock, () => second === undefined || second.status !== "open");
    stream.send(frame(FRAME_KINDS.ping, 1));
    await elapsed(clock, 100);
    expect(isLetIn()).toBe(true);
  });

  test("a frame that is never completed ends the session", async () => {
    const stream = await (await dial()).newStream(SESSION_PROTOCOL);
    const heard = listen(stream);
    await greet(stream);
    stream.send(Uint8Array.of(0xff, 0xff, 0x3f, FRAME_KINDS.message));
    const dribble = setInterval(() => stream.status === "open" && stream.send(Uint8Array.of(0)), 50);
    await heard.closed;
    clearInterval(dribble);
    expect(decodeFrames(heard.bytes()).at(-1)?.kind).toBe("goodbye");
  });

  test("an oversized frame is refused by its length alone", async () => {
    const stream = await (await dial()).newStream(SESSION_PROTOCOL);
    const heard = listen(stream);
    await greet(stream);
    stream.send(Uint8Array.of(0xff, 0xff, 0xff, 0x7f));
    await heard.closed;
    expect(isLetIn()).toBe(false);
  });

  test("a peer that floods requests and never reads loses its session; memory stays bounded", async () => {
    const stream = await (await dial()).newStream(SESSION_PROTOCOL);
    await greet(stream);
    stream.pause();
    stream.send(frame(FRAME_KINDS.name, 0, utf8(ECHO)));
    let queuedBytesMax = 0;
    let id = 0;
    const peerId = attacker.peerId.toString();
    for (let round = 0; round < 4_000 && isLetIn(); round += 1) {
      const requests = Array.from({ length: 100 }, () =>
        frame(FRAME_KINDS.request, (id += 1), new Uint8Array(300), 0, 60_000),
      );
      if (stream.status !== "open") break;
      stream.send(Buffer.concat(requests));
      await new Promise((resolve) => setImmediate(resolve));
      queuedBytesMax = Math.max(queuedBytesMax, victim.sessionLoad(peerId)?.queuedBytes ?? 0);
    }
    await eventually(clock, () => !isLetIn());
    expect(queuedBytesMax).toBeGreaterThan(1_048_576);
    expect(queuedBytesMax).toBeLessThan(18 * 1_048_576);
  }, 60_000);

  test("raw bytes and silence on the socket hold no honest peer up", async () => {
    const [, , host, , port] = addressOf(victim).split("/");
    const sockets: Socket[] = [];
    for (let index = 0; index < 60; index += 1) {
      const socket = connect(Number(port), host);
      socket.on("error", () => {});
      sockets.push(socket);
      if (index % 2 === 0) socket.write(Buffer.from(utf8("\u0000\u0013garbage".repeat(50))));
    }
    await eventually(clock, () => sockets.every((socket) => !socket.connecting));
    const late = await createLibp2pTransport({ listen: [], gate: OPEN_GATE });
    await late.start();
    expect(await late.connect(addressOf(victim), PROMPT)).toBe(victim.localPeerId);
    await late.stop();
    const open = () => sockets.filter((socket) => !socket.destroyed && socket.readyState === "open").length;
    await eventually(clock, () => open() === 0, ENDING_MS_MAX);
  });
});
