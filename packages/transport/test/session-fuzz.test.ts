import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IncomingRequest, TransportStream } from "@aspenjs/api";
import { FRAME_KINDS, FRAME_KIND_MAX, isFrameKind } from "../src/frame-kind.ts";
import { encodeWireError } from "../src/wire-error.ts";
import { AspenError } from "@aspenjs/api";
import { frame, openScript, startScript, type Script } from "./scripted-link.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

const limits = {
  bodyBytesMax: 4_000,
  incomingBytesMax: 8_000,
  incomingRequestsMax: 8,
  streamsMax: 4,
  streamWindowBytes: 4_096,
  streamChunkBytesMax: 2_000,
  fragmentBytesMax: 500,
};

const handlers = {
  "/p": {
    onMessage: () => {},
    onRequest: (request: IncomingRequest) =>
      request.body.byteLength % 3 === 0 ? Promise.resolve(request.body) : new Promise<Uint8Array>(() => {}),
    onStream: async (stream: TransportStream) => {
      if (stream.header.byteLength % 2 === 0) for await (const chunk of stream) await stream.write(chunk);
      else await new Promise<void>(() => {});
    },
  },
};

/** What must hold after anything at all that a peer may send. */
function checkBounds(script: Script): void {
  if (script.session.kind !== "open") return;
  const { load } = script.session.traffic;
  expect(load.incomingBytes).toBeLessThanOrEqual(limits.incomingBytesMax);
  expect(load.incomingRequests).toBeLessThanOrEqual(limits.incomingRequestsMax);
  expect(load.streams).toBeLessThanOrEqual(limits.streamsMax + 1);
  expect(load.streamBytes).toBeLessThanOrEqual((limits.streamsMax + 1) * limits.streamWindowBytes);
}

async function runOn(script: Script, chunks: readonly Uint8Array[]): Promise<void> {
  script.session.traffic.request("/p", utf8("ours"), { deadlineMs: 50 }).catch(() => {});
  script.session.traffic.openStream("/p", utf8("ours"), { deadlineMs: 50 }).catch(() => {});
  for (const chunk of chunks) {
    script.link.feed(chunk);
    checkBounds(script);
  }
  await script.clock.advance(100);
  checkBounds(script);
  script.link.lose();
  await script.clock.advance(60_000);
  expect([script.session.kind, script.clock.pendingTimers, script.clock.pendingDeferred]).toEqual(["ended", 0, 0]);
}

/** Frames that are right in form and often right in meaning: they get far. */
const plausible = fc
  .record({
    kind: fc.integer({ min: 3, max: FRAME_KIND_MAX }),
    id: fc.nat(9),
    body: fc.oneof(
      fc.constant(utf8("")),
      fc.constant(encodeWireError(new AspenError("lagged", "x"))),
      fc.uint8Array({ maxLength: 900 }),
    ),
    fields: fc.constantFrom(0, 1, 2),
    number: fc.nat(1),
    amount: fc.nat(5_000),
  })
  .map(({ kind, id, body, fields, number, amount }) => {
    if (!isFrameKind(kind)) return new Uint8Array(0);
    if (kind === FRAME_KINDS.credit) return frame(kind, id, undefined, amount);
    return frame(kind, id, body, fields > 0 ? number : undefined, fields > 1 ? amount : undefined);
  });

const opening = Buffer.concat([
  frame(FRAME_KINDS.name, 0, utf8("/p")),
  frame(FRAME_KINDS.open, 2, utf8("ab"), 0, 2_000),
  frame(FRAME_KINDS.request, 1, utf8("abc"), 0, 1_000),
]);

describe("whatever a peer sends, the session neither throws nor grows nor leaves anything behind", () => {
  test("random bytes before the greeting", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), async (chunks) => {
        const script = startScript({ handlers, limits });
        for (const chunk of chunks) script.link.feed(chunk);
        await script.clock.advance(60_000);
        expect([script.session.kind, script.clock.pendingTimers]).toEqual(["ended", 0]);
      }),
      { numRuns: 300 },
    );
  });

  test("random bytes in an open session", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), async (chunks) => {
        await runOn(await openScript({ handlers, limits }), [opening, ...chunks]);
      }),
      { numRuns: 300 },
    );
  });

  test("frames in any order with any ids and bodies", async () => {
    let endedEarly = 0;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(plausible, { maxLength: 30 }), fc.boolean(), async (frames, isDialer) => {
        const script = await openScript({ handlers, limits, isDialer });
        script.link.feed(opening);
        for (const bytes of frames) script.link.feed(bytes);
        runs += 1;
        if (script.session.kind === "ended") endedEarly += 1;
        else await runOn(script, []);
      }),
      { numRuns: 700 },
    );
    expect(endedEarly).toBeGreaterThan(runs / 10);
    expect(endedEarly).toBeLessThan(runs);
  });

  test("a sound conversation with a few bytes changed", async () => {
    const sound = Buffer.concat([
      opening,
      frame(FRAME_KINDS.credit, 1, undefined, 3_000),
      frame(FRAME_KINDS.chunkPart, 2, new Uint8Array(500)),
      frame(FRAME_KINDS.chunk, 2, new Uint8Array(500)),
      frame(FRAME_KINDS.requestPart, 2, new Uint8Array(500), 0, 1_000),
      frame(FRAME_KINDS.request, 2, new Uint8Array(500)),
      frame(FRAME_KINDS.response, 1, new Uint8Array(50)),
      frame(FRAME_KINDS.messagePart, 0, new Uint8Array(500)),
      frame(FRAME_KINDS.message, 0, new Uint8Array(500)),
      frame(FRAME_KINDS.end, 2),
      frame(FRAME_KINDS.cancel, 1),
    ]);
    const change = fc.record({ at: fc.nat(sound.byteLength - 1), by: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(400), async (changes, cut) => {
        const bytes = Uint8Array.from(sound);
        for (const { at, by } of changes) bytes[at] = (bytes[at] ?? 0) ^ by;
        await runOn(await openScript({ handlers, limits }), [bytes.subarray(0, cut), bytes.subarray(cut)]);
      }),
      { numRuns: 500 },
    );
  });
});
