/** Invariants of an open session's traffic that only a peer which writes its own frames can put to the test. */
import type { IncomingRequest, TransportStream } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { FRAME_KINDS } from "../src/frame-kind.ts";
import { decodeWireError, encodeWireError } from "../src/wire-error.ts";
import { streamEnded } from "../src/transport-error.ts";
import { frame, helloFrame, openScript, ScriptedLink, type Script } from "./scripted-link.ts";

const MIB = 1_048_576;
const utf8 = (text: string) => new TextEncoder().encode(text);
const PROMPT = { deadlineMs: 1_000 };
const NAME = frame(FRAME_KINDS.name, 0, utf8("/p"));
const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : error);

/** Kind, id, and the code of an error, of every frame that was written since the last look. */
async function written(script: Script): Promise<string[]> {
  await script.clock.advance(0);
  return script.link.takeFrames().map(({ kind, id, body }) => {
    const code = kind === "error" || kind === "abort" ? ` ${decodeWireError(body)?.code}` : "";
    return `${kind} ${id}${code}`;
  });
}

describe("messages", () => {
  test("one for which there is no room is dropped whole, and the next one arrives (M3)", async () => {
    const received: number[] = [];
    const handlers = {
      "/p": { onMessage: (_peerId: string, body: Uint8Array) => void received.push(body.byteLength) },
    };
    const script = await openScript({ handlers, limits: { bodyBytesMax: 2_000, incomingBytesMax: 2_000 } });
    const part = new Uint8Array(1_500);
    script.link.feed(Buffer.concat([NAME, frame(FRAME_KINDS.name, 1, utf8("/p"))]));
    script.link.feed(frame(FRAME_KINDS.messagePart, 0, part));
    script.link.feed(frame(FRAME_KINDS.messagePart, 1, part));
    script.link.feed(frame(FRAME_KINDS.message, 1, utf8("its end")));
    expect([received, script.logged.includes("refused")]).toEqual([[], true]);
    script.link.feed(frame(FRAME_KINDS.message, 0, utf8("end")));
    script.link.feed(frame(FRAME_KINDS.message, 1, utf8("next")));
    expect([script.session.kind, received, script.session.traffic.load.incomingBytes]).toEqual(["open", [1_503, 4], 0]);
  });
});

describe("requests", () => {
  /** Handlers that return when they are told to. */
  function holdingHandlers() {
    const requests: IncomingRequest[] = [];
    const answers: (() => void)[] = [];
    const onRequest = (request: IncomingRequest): Promise<Uint8Array> => {
      requests.push(request);
      return new Promise((resolve) => answers.push(() => resolve(utf8("answer"))));
    };
    return { requests, answers, handlers: { "/p": { onRequest } } };
  }

  test("ids grow by one from 1, and first fragments leave in that order, big ones too (C1)", async () => {
    const script = await openScript();
    for (const byteLength of [10, 3 * MIB, 20, 70_000, 30]) {
      script.session.traffic.request("/p", new Uint8Array(byteLength), PROMPT).catch(() => {});
    }
    const ids = (await written(script)).flatMap((line) => (line.startsWith("request") ? [line.split(" ")[1]] : []));
    expect([...new Set(ids)]).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("a caller with as many under way as it may have is refused, until one is answered (C4)", async () => {
    const script = await openScript({ limits: { outgoingRequestsMax: 2 } });
    const ask = () => script.session.traffic.request("/p", utf8("?"), PROMPT).then(() => "answered", codeOf);
    const first = ask();
    void ask();
    expect(await ask()).toBe("resource_exhausted");
    script.link.feed(frame(FRAME_KINDS.response, 1, utf8("!")));
    expect(await first).toBe("answered");
    await written(script);
    void ask();
    expect(await written(script)).toEqual(["request 3"]);
  });

  test("a handler's signal aborts when the request's own time is over, without a cancel (R1)", async () => {
    const { requests, handlers } = holdingHandlers();
    const script = await openScript({ handlers });
    script.link.feed(Buffer.concat([NAME, frame(FRAME_KINDS.request, 1, utf8("?"), 0, 50)]));
    await script.clock.advance(49);
    expect(requests[0]?.signal.aborted).toBe(false);
    await script.clock.advance(1);
    expect(codeOf(requests[0]?.signal.reason)).toBe("timeout");
  });

  test("one that was given up keeps its place until its handler returns, and is not answered (R2, C2)", async () => {
    const { answers, handlers } = holdingHandlers();
    const script = await openScript({ handlers, limits: { incomingRequestsMax: 1 } });
    script.link.feed(Buffer.concat([NAME, frame(FRAME_KINDS.request, 1, utf8("?"), 0, 60_000)]));
    script.link.feed(
      Buffer.concat([frame(FRAME_KINDS.cancel, 1), frame(FRAME_KINDS.request, 2, utf8("?"), 0, 60_000)]),
    );
    expect(await written(script)).toEqual(["error 2 resource_exhausted"]);
    answers[0]?.();
    expect(await written(script)).toEqual([]);
    script.link.feed(frame(FRAME_KINDS.request, 3, utf8("?"), 0, 60_000));
    answers[1]?.();
    expect(await written(script)).toEqual(["response 3"]);
  });
});

describe("bytes held for a peer", () => {
  const echo = { "/p": { onRequest: (request: IncomingRequest) => Promise.resolve(request.body) } };
  const begun = (id: number, byteLength: number) =>
    frame(FRAME_KINDS.requestPart, id, new Uint8Array(byteLength), 0, 60_000);

  test("are as many as the gate grants at that moment (R3)", async () => {
    let heldBytesMax: number | undefined = 1_000;
    const gate = { mayConnect: () => true, mayUse: () => true, heldBytesMax: () => heldBytesMax };
    const script = await openScript({ handlers: echo, gate });
    script.link.feed(Buffer.concat([NAME, begun(1, 600), begun(2, 600)]));
    expect(await written(script)).toEqual(["error 2 unauthorized"]);
    heldBytesMax = undefined;
    script.link.feed(begun(3, 600));
    expect(await written(script)).toEqual([]);
    expect(script.session.traffic.load.incomingBytes).toBe(1_200);
  });

  test("are a part of what all peers may have held together, and are given back at the end (R3)", async () => {
    const limits = { bodyBytesMax: 800, incomingBytesMax: 1_000, incomingBytesTotalMax: 1_000 };
    const script = await openScript({ handlers: echo, limits });
    script.link.feed(Buffer.concat([NAME, begun(1, 600)]));
    const other = new ScriptedLink("peer-d", true);
    script.sessions.adopt(other);
    other.feed(Buffer.concat([helloFrame(), NAME, begun(1, 600)]));
    await script.clock.advance(0);
    expect(other.takeFrames().map(({ kind }) => kind)).toContain("error");
    script.link.lose();
    other.feed(begun(2, 600));
    await script.clock.advance(0);
    expect(other.takeFrames()).toEqual([]);
  });
});

describe("streams", () => {
  const SMALL_WINDOW = { streamWindowBytes: 1_024, streamChunkBytesMax: 900 };

  /** A stream that the peer opened, in the hands of a handler that does nothing by itself. */
  async function openedByPeer(limits: Readonly<Record<string, number>> = {}) {
    const served = Promise.withResolvers<void>();
    let stream: TransportStream | undefined;
    const onStream = (opened: TransportStream): Promise<void> => {
      stream = opened;
      return served.promise;
    };
    const script = await openScript({ handlers: { "/p": { onStream } }, limits });
    script.link.feed(Buffer.concat([NAME, frame(FRAME_KINDS.open, 2, utf8(""), 0, 100)]));
    expect(await written(script)).toEqual(["credit 2"]);
    if (stream === undefined) throw new Error("the handler was not called");
    return { script, stream, served, reader: stream[Symbol.asyncIterator]() };
  }

  test("chunks without a byte fill the window as well (S1)", async () => {
    const { script } = await openedByPeer(SMALL_WINDOW);
    for (let count = 0; count < 16; count += 1) script.link.feed(frame(FRAME_KINDS.chunk, 2));
    expect(script.session.kind).toBe("open");
    script.link.feed(frame(FRAME_KINDS.chunk, 2));
    expect(script.session.kind).toBe("ended");
  });

  test("credit follows what the consumer took: a quarter of the window, or when it waits for more (S2)", async () => {
    const { script, reader } = await openedByPeer(SMALL_WINDOW);
    for (let count = 0; count < 6; count += 1) script.link.feed(frame(FRAME_KINDS.chunk, 2));
    for (let count = 0; count < 3; count += 1) await reader.next();
    expect(await written(script)).toEqual([]);
    await reader.next();
    expect(await written(script)).toEqual(["credit 2"]);
    for (let count = 0; count < 2; count += 1) await reader.next();
    expect(await written(script)).toEqual([]);
    void reader.next();
    expect(await written(script)).toEqual(["credit 2"]);
  });

  test("what arrived whole, with its end, can be read after the session is gone (S4)", async () => {
    const { script, reader } = await openedByPeer();
    script.link.feed(Buffer.concat([frame(FRAME_KINDS.chunk, 2, utf8("a")), frame(FRAME_KINDS.end, 2)]));
    script.link.lose();
    expect(await reader.next()).toEqual({ done: false, value: utf8("a") });
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  test("without its end a stream that is lost fails its reader (S4)", async () => {
    const { script, reader } = await openedByPeer();
    script.link.feed(frame(FRAME_KINDS.chunk, 2, utf8("a")));
    script.link.lose();
    expect(await reader.next().catch(codeOf)).toBe("unavailable");
  });

  test("a chunk behind the end is a fault (S4)", async () => {
    const { script } = await openedByPeer();
    script.link.feed(Buffer.concat([frame(FRAME_KINDS.end, 2), frame(FRAME_KINDS.chunk, 2, utf8("a"))]));
    expect(script.session.kind).toBe("ended");
  });

  test("chunks that wait for credit count against the peer's queue (S5)", async () => {
    const { script, stream } = await openedByPeer();
    const outcomes = Array.from({ length: 17 }, () => stream.write(new Uint8Array(MIB)).then(() => "sent", codeOf));
    expect(await outcomes[16]).toBe("resource_exhausted");
    const { queuedBytes } = script.session.traffic.load;
    expect([queuedBytes >= 15 * MIB, queuedBytes <= 16 * MIB]).toEqual([true, true]);
    expect(script.session.traffic.send("/p", new Uint8Array(MIB))).toBe("overloaded");
    script.link.feed(frame(FRAME_KINDS.abort, 2, encodeWireError(streamEnded())));
    expect(await outcomes[0]).toBe("unavailable");
    expect(script.session.traffic.load.queuedBytes).toBe(0);
  });

  test("the place of a stream is free when its peer has had the time to end its side (S6)", async () => {
    const { script, served } = await openedByPeer({ streamsMax: 1 });
    served.resolve();
    expect(await written(script)).toEqual(["end 2"]);
    script.link.feed(frame(FRAME_KINDS.open, 4, utf8(""), 0, 100));
    expect(await written(script)).toEqual(["abort 4 resource_exhausted"]);
    await script.clock.advance(10_000);
    expect([await written(script), script.session.traffic.load.streams]).toEqual([["abort 2 timeout"], 0]);
    script.link.feed(frame(FRAME_KINDS.open, 6, utf8(""), 0, 100));
    expect((await written(script))[0]).toBe("credit 6");
  });

  test("an abort drops what was not read, and ends the other direction (S7)", async () => {
    const { script, stream, reader } = await openedByPeer();
    script.link.feed(frame(FRAME_KINDS.chunk, 2, utf8("a")));
    script.link.feed(frame(FRAME_KINDS.abort, 2, encodeWireError(streamEnded())));
    expect(await reader.next().catch(codeOf)).toBe("unavailable");
    expect(await stream.write(utf8("b")).catch(codeOf)).toBe("unavailable");
    expect(script.session.traffic.load.streamBytes).toBe(0);
  });
});
