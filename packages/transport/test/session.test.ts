import { AspenError, type IncomingRequest, type TransportStream } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { FRAME_KINDS } from "../src/frame-kind.ts";
import { decodeWireError } from "../src/wire-error.ts";
import {
  DECIDER_ID,
  REMOTE_ID,
  ScriptedLink,
  frame,
  helloFrame,
  openScript,
  startScript,
  type Script,
} from "./scripted-link.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const PROMPT = { deadlineMs: 1_000 };
const NAME = frame(FRAME_KINDS.name, 0, utf8("/p"));

function goodbyeOf(script: Script): string | undefined {
  const last = script.link.takeFrames().at(-1);
  return last?.kind === "goodbye" ? decodeWireError(last.body)?.code : undefined;
}

describe("the greeting", () => {
  test("the side with the lower id accepts, the other waits for it (P1, P2)", async () => {
    const decider = startScript({ peerId: REMOTE_ID });
    decider.link.feed(helloFrame());
    expect([decider.session.kind, decider.events]).toEqual(["open", [`connected ${REMOTE_ID}`]]);

    const follower = startScript({ peerId: DECIDER_ID });
    follower.link.feed(helloFrame());
    expect([follower.session.kind, follower.events]).toEqual(["greeted", []]);
    follower.link.feed(frame(FRAME_KINDS.accept, 0));
    expect([follower.session.kind, follower.events]).toEqual(["open", [`connected ${DECIDER_ID}`]]);
  });

  test("another version is answered with a clear error, then the link closes", async () => {
    const script = startScript();
    script.link.feed(helloFrame(2));
    const last = script.link.takeFrames().at(-1);
    const error = decodeWireError(last?.body ?? new Uint8Array(0));
    expect([last?.kind, error?.code, { ...error?.details }]).toEqual([
      "goodbye",
      "unsupported",
      { version: 1, offered: 2 },
    ]);
    expect(script.link.isClosed).toBe(true);
    await script.clock.advance(60_000);
    expect(script.clock.pendingTimers).toBe(0);
  });

  test.each([
    ["traffic before the hello", NAME],
    ["an accept from the side that does not decide", frame(FRAME_KINDS.accept, 0)],
    ["a ping before the hello", frame(FRAME_KINDS.ping, 1)],
    ["a hello of a wrong shape", frame(FRAME_KINDS.hello, 1, utf8("xx"))],
    ["a greeting beyond its bound", frame(FRAME_KINDS.hello, 1, new Uint8Array(5_000))],
    ["garbage", utf8("GET / HTTP/1.1\r\n".repeat(9))],
  ])("%s ends the session with a goodbye", (_name, bytes) => {
    const script = startScript();
    script.link.feed(bytes);
    expect([script.session.kind, goodbyeOf(script), script.link.isClosed]).toEqual(["ended", "invalid_request", true]);
  });

  test("a link on which nothing is said ends after the handshake's time (P6)", async () => {
    const script = startScript();
    await script.clock.advance(4_999);
    expect(script.session.kind).toBe("greeting");
    await script.clock.advance(1);
    expect([script.session.kind, goodbyeOf(script)]).toEqual(["ended", "timeout"]);
  });

  test("a peer that the gate refuses hears `forbidden` and no detail", () => {
    const script = startScript({ gate: { mayConnect: () => false, mayUse: () => true } });
    expect([goodbyeOf(script), script.logged.includes("refused")]).toEqual(["forbidden", true]);
  });

  test("links that have not greeted are bounded, for one peer and for all (P6)", () => {
    const script = startScript({ limits: { handshakesMax: 6, handshakesPerPeerMax: 2 } });
    const adopt = (peerId: string) => script.sessions.adopt(new ScriptedLink(peerId, false)) !== undefined;
    expect(adopt(REMOTE_ID)).toBe(true);
    expect(adopt(REMOTE_ID)).toBe(false);
    expect(["w", "x", "y", "z"].map(adopt)).toEqual([true, true, true, true]);
    expect(adopt("v")).toBe(false);
  });
});

describe("two sessions with one peer", () => {
  const secondLink = (script: Script, isDialer: boolean, instance?: Uint8Array): ScriptedLink => {
    const link = new ScriptedLink(script.link.peerId, isDialer);
    script.sessions.adopt(link);
    link.feed(helloFrame(1, instance));
    return link;
  };

  test("dials that cross: the decider keeps the one that opened first (P4)", async () => {
    const script = await openScript({ isDialer: true });
    await script.clock.advance(1_000);
    const link = secondLink(script, false);
    expect(decodeWireError(link.takeFrames().at(-1)?.body ?? utf8(""))?.code).toBe("conflict");
    expect([script.session.kind, link.isClosed]).toEqual(["open", true]);
  });

  test.each([
    ["the peer was started again", 100, false, Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9)],
    ["the old session is not young any more", 2_001, false, undefined],
    ["the same side dialled again", 100, true, undefined],
  ])(
    "%s: the newer one replaces the older, and both events are told (P5)",
    async (_name, afterMs, isDialer, instance) => {
      const script = await openScript({ isDialer: true });
      await script.clock.advance(afterMs);
      const lost = script.session.traffic.request("/p", utf8(""), PROMPT).catch((error: unknown) => error);
      secondLink(script, isDialer, instance);
      expect([script.session.kind, goodbyeOf(script)]).toEqual(["ended", "conflict"]);
      expect(script.events).toEqual([`connected ${REMOTE_ID}`, `disconnected ${REMOTE_ID}`, `connected ${REMOTE_ID}`]);
      expect(await lost).toMatchObject({ code: "unavailable" });
    },
  );

  test("the follower takes whichever session the decider accepts (P3)", async () => {
    const script = await openScript({ peerId: DECIDER_ID, isDialer: true });
    const link = secondLink(script, false);
    expect(script.session.kind).toBe("open");
    link.feed(frame(FRAME_KINDS.accept, 0));
    expect([script.session.kind, script.sessions.connectedPeers]).toEqual(["ended", [DECIDER_ID]]);
  });
});

describe("an open session", () => {
  const onRequest = (request: IncomingRequest) => Promise.resolve(request.body);
  const onStream = (stream: TransportStream) => stream.end();
  const handlers = { "/p": { onRequest, onStream, onMessage: () => {} } };
  const huge = new Uint8Array(1_048_000);

  test.each([
    ["a second hello", [helloFrame()]],
    ["an answer to no request (C2)", [frame(FRAME_KINDS.response, 1)]],
    ["an error for no request (C2)", [frame(FRAME_KINDS.error, 1, utf8("x"))]],
    ["a cancel of no request", [frame(FRAME_KINDS.cancel, 5)]],
    ["a request of a protocol without a name", [frame(FRAME_KINDS.request, 1, utf8(""), 3, 5)]],
    ["a request without a header", [NAME, frame(FRAME_KINDS.request, 1)]],
    ["names out of order", [frame(FRAME_KINDS.name, 1, utf8("/p"))]],
    ["a name that is not text", [frame(FRAME_KINDS.name, 0, Uint8Array.of(0xff))]],
    ["an empty name", [frame(FRAME_KINDS.name, 0)]],
    ["too many names", Array.from({ length: 65 }, (_, id) => frame(FRAME_KINDS.name, id, utf8(`/${id}`)))],
    ["a stream with an id of ours", [NAME, frame(FRAME_KINDS.open, 1, utf8(""), 0, 100)]],
    ["a stream id twice", [NAME, ...[1, 2].map(() => frame(FRAME_KINDS.open, 2, utf8(""), 0, 100))]],
    ["a chunk of no stream", [frame(FRAME_KINDS.chunk, 2)]],
    ["a malformed abort", [frame(FRAME_KINDS.abort, 2, utf8("x"))]],
    ["malformed credit", [frame(FRAME_KINDS.credit, 2, Uint8Array.of(0x80))]],
    ["a ping with a body", [frame(FRAME_KINDS.ping, 1, utf8("x"))]],
    ["an end with a body", [NAME, frame(FRAME_KINDS.open, 2, utf8(""), 0, 100), frame(FRAME_KINDS.end, 2, utf8("x"))]],
    [
      "a message beyond the limit (M2)",
      [NAME, ...Array.from({ length: 11 }, () => frame(FRAME_KINDS.messagePart, 0, huge))],
    ],
    [
      "a window that is overrun (S1)",
      [
        NAME,
        frame(FRAME_KINDS.open, 2, utf8(""), 0, 9),
        ...Array.from({ length: 40 }, () => frame(FRAME_KINDS.chunkPart, 2, huge.subarray(0, 65_536))),
      ],
    ],
  ])("%s is a fault: goodbye, and nothing behind it counts", async (_name, frames) => {
    let requests = 0;
    const counting = {
      "/p": { ...handlers["/p"], onRequest: (request: IncomingRequest) => ((requests += 1), onRequest(request)) },
    };
    const script = await openScript({ handlers: counting });
    script.link.feed(Buffer.concat([...frames, frame(FRAME_KINDS.request, 1, utf8("a"), 0, 1_000)]));
    expect([script.session.kind, requests, script.link.isClosed]).toEqual(["ended", 0, true]);
    expect(goodbyeOf(script)).toBe("invalid_request");
    expect(script.events.at(-1)).toBe(`disconnected ${REMOTE_ID}`);
  });

  test("a frame that is not completed in time ends the session, however it dribbles (F1)", async () => {
    const script = await openScript({ handlers });
    script.link.feed(Uint8Array.of(0xf0, 0x0f, 0x07));
    for (let second = 0; second < 12; second += 1) {
      script.link.feed(Uint8Array.of(0));
      await script.clock.advance(1_000);
    }
    expect([script.session.kind, goodbyeOf(script)]).toEqual(["ended", "timeout"]);
  });

  test("a message whose fragments stop coming ends the session (M2)", async () => {
    const script = await openScript({ handlers });
    script.link.feed(Buffer.concat([NAME, frame(FRAME_KINDS.messagePart, 0, utf8("abc"))]));
    await script.clock.advance(9_000);
    expect(script.session.kind).toBe("open");
    await script.clock.advance(3_000);
    expect([script.session.kind, goodbyeOf(script)]).toEqual(["ended", "timeout"]);
  });

  test("a silent peer is asked, then given up; one sign of life is enough (F2)", async () => {
    const script = await openScript();
    await script.clock.advance(20_000);
    expect(script.link.takeFrames().some(({ kind }) => kind === "ping")).toBe(true);
    script.link.feed(frame(FRAME_KINDS.pong, 1));
    await script.clock.advance(29_000);
    expect(script.session.kind).toBe("open");
    await script.clock.advance(3_000);
    expect([script.session.kind, goodbyeOf(script)]).toEqual(["ended", "unavailable"]);
  });

  test("a peer that asks and never reads loses its session before it fills memory", async () => {
    const script = await openScript({ handlers });
    script.link.isWritable = false;
    script.link.feed(NAME);
    const answerless = frame(FRAME_KINDS.ping, 1);
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => answerless));
    let rounds = 0;
    while (script.session.kind === "open" && rounds < 1_000) {
      script.link.feed(flood);
      rounds += 1;
      await script.clock.advance(0);
    }
    expect(script.session.kind).toBe("ended");
    expect(goodbyeOf(script)).toBe("resource_exhausted");
  });

  test("a link that breaks rejects what is under way in the same instant (F3)", async () => {
    const script = await openScript();
    const errors: unknown[] = [];
    script.session.traffic.request("/p", utf8(""), PROMPT).catch((error: unknown) => errors.push(error));
    script.session.traffic.openStream("/p", utf8(""), PROMPT).catch((error: unknown) => errors.push(error));
    script.link.lose();
    expect([script.events.at(-1), script.clock.pendingTimers]).toEqual([`disconnected ${REMOTE_ID}`, 0]);
    await Promise.resolve();
    await Promise.resolve();
    expect(errors.map((error) => error instanceof AspenError && error.code)).toEqual(["unavailable", "unavailable"]);
    await script.clock.advance(60_000);
    expect(script.clock.pendingTimers).toBe(0);
  });

  test("answers that come after the caller gave up are let by (C2)", async () => {
    const script = await openScript();
    const answer = script.session.traffic.request("/p", utf8(""), { deadlineMs: 5 }).catch(() => "given up");
    await script.clock.advance(10);
    script.link.feed(frame(FRAME_KINDS.response, 1, utf8("late")));
    expect([await answer, script.session.kind]).toEqual(["given up", "open"]);
  });

  test("a big request that is given up is not sent any further, and frees its place in the queue (C3)", async () => {
    const script = await openScript();
    const controller = new AbortController();
    const options = { ...PROMPT, signal: controller.signal };
    const answer = script.session.traffic.request("/p", new Uint8Array(5_000_000), options).catch(() => "given up");
    script.clock.runNext();
    controller.abort();
    expect([await answer, script.session.traffic.load.queuedBytes < 100]).toEqual(["given up", true]);
    script.link.takeHex();
    await script.clock.advance(1);
    expect(script.link.takeFrames().map(({ kind }) => kind)).toEqual(["cancel"]);
  });

  test("the rest of a request that was refused is let by (R5)", async () => {
    const script = await openScript({ handlers, limits: { incomingBytesMax: 10_485_760, bodyBytesMax: 10_485_760 } });
    const parts = Array.from({ length: 9 }, () => frame(FRAME_KINDS.requestPart, 1, huge));
    script.link.feed(Buffer.concat([NAME, frame(FRAME_KINDS.requestPart, 1, utf8("a"), 0, 60_000), ...parts]));
    script.link.feed(frame(FRAME_KINDS.requestPart, 2, huge, 0, 60_000));
    script.link.feed(frame(FRAME_KINDS.request, 2, huge));
    script.link.feed(frame(FRAME_KINDS.cancel, 1));
    script.link.feed(frame(FRAME_KINDS.request, 1, huge));
    expect([script.session.kind, script.session.traffic.load.incomingBytes]).toEqual(["open", 0]);
  });

  test("credit without end is a fault, not an overflow", async () => {
    const script = await openScript({ handlers: { "/p": { onStream: () => new Promise<void>(() => {}) } } });
    script.link.feed(Buffer.concat([NAME, frame(FRAME_KINDS.open, 2, utf8(""), 0, 100)]));
    for (let index = 0; index < 20 && script.session.kind === "open"; index += 1) {
      script.link.feed(frame(FRAME_KINDS.credit, 2, undefined, 2 ** 49 - 1));
    }
    expect(script.session.kind).toBe("ended");
  });

  test("a flood of refused frames writes a bounded number of lines", async () => {
    const script = await openScript({ gate: { mayConnect: () => true, mayUse: () => false }, handlers });
    script.link.feed(NAME);
    for (let index = 0; index < 1_000; index += 1) script.link.feed(frame(FRAME_KINDS.message, 0));
    expect(script.logged.filter((line) => line === "refused")).toHaveLength(10);
  });
});
