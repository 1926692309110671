import { Buffer } from "node:buffer";
import { DecodeError } from "@aspenjs/codec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameAssembly, joinFrames } from "./frame-stream.ts";

test("frames come out as they went in, wherever the stream is cut", () => {
  const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 });
  const cuts = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1 });
  fc.assert(
    fc.property(frames, cuts, (sent, lengths) => {
      const bytes = joinFrames(sent);
      const assembly = new FrameAssembly(40);
      const received: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < bytes.byteLength; turn += 1) {
        // Some chunks are empty, but not all of them.
        const length = turn % 2 === 0 ? 1 : (lengths[turn % lengths.length] ?? 0);
        received.push(...assembly.push(bytes.subarray(at, at + length)));
        at += length;
      }
      expect(received.map((frame) => Buffer.from(frame))).toEqual(sent.map((frame) => Buffer.from(frame)));
    }),
    { numRuns: 500 },
  );
});

test("an empty frame is refused", () => {
  expect(() => new FrameAssembly(40).push(new Uint8Array(4))).toThrow(DecodeError);
});

test("a frame beyond the bound is refused by its length, before it has come", () => {
  const bytes = joinFrames([new Uint8Array(41)]);
  expect(() => new FrameAssembly(40).push(bytes.subarray(0, 4))).toThrow(DecodeError);
  const behind = joinFrames([new Uint8Array(40), new Uint8Array(41)]);
  expect(() => new FrameAssembly(40).push(behind)).toThrow(DecodeError);
});

// Were all that is there copied with each piece, this would move 130 GB and not end in time.
test("a frame in many pieces costs its length", () => {
  const bytesMax = 4 * 1_048_576;
  const bytes = joinFrames([new Uint8Array(bytesMax)]);
  const assembly = new FrameAssembly(bytesMax);
  let received = 0;
  for (let at = 0; at < bytes.byteLength; at += 64) received += assembly.push(bytes.subarray(at, at + 64)).length;
  expect(received).toBe(1);
});
