import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteCursor } from "../src/byte-cursor.ts";
import { FrameBuffer } from "../src/frame-buffer.ts";
import { FrameDecoder } from "../src/frame-decoder.ts";
import { FRAME_KINDS, FRAME_KIND_MAX, isFrameKind } from "../src/frame-kind.ts";
import { VARINT_MAX, varintByteLength, writeVarint } from "../src/varint.ts";
import { frame } from "./scripted-link.ts";

const FRAME_BYTES_MAX = 2_000;

interface Seen {
  readonly kind: number;
  readonly id: number;
  readonly body: number[];
}

function collect(frameBytesMax = FRAME_BYTES_MAX): { decoder: FrameDecoder; seen: Seen[] } {
  const seen: Seen[] = [];
  const decoder = new FrameDecoder(frameBytesMax, (kind, id, body) => {
    seen.push({ kind, id, body: [...body] });
    return undefined;
  });
  return { decoder, seen };
}

const anyFrame = fc.record({
  kind: fc.integer({ min: 1, max: FRAME_KIND_MAX }),
  id: fc.oneof(fc.nat(300), fc.integer({ min: 0, max: VARINT_MAX })),
  body: fc.uint8Array({ maxLength: 600 }),
});

function encode(frames: readonly { kind: number; id: number; body: Uint8Array }[]): Uint8Array {
  const buffer = new FrameBuffer();
  for (const { kind, id, body } of frames) if (isFrameKind(kind)) buffer.writeFrame(kind, id, body);
  return buffer.take() ?? new Uint8Array(0);
}

describe("varints", () => {
  test("every integer up to 2^49 - 1 reads back, from as many bytes as were announced", () => {
    const cursor = new ByteCursor();
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.integer({ min: 0, max: VARINT_MAX })), (value) => {
        const bytes = new Uint8Array(8);
        const end = writeVarint(bytes, 0, value);
        cursor.reset(bytes, 0, end);
        expect([end, cursor.varint(), cursor.offset]).toEqual([varintByteLength(value), value, end]);
      }),
    );
  });
});

describe("the frame decoder", () => {
  test("finds the same frames however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 12 }), fc.array(fc.nat(700), { maxLength: 40 }), (frames, cuts) => {
        const bytes = encode(frames);
        const { decoder, seen } = collect();
        let offset = 0;
        for (const cut of cuts) {
          expect(decoder.push(bytes.subarray(offset, offset + cut))).toBeUndefined();
          offset = Math.min(bytes.byteLength, offset + cut);
        }
        expect(decoder.push(bytes.subarray(offset))).toBeUndefined();
        expect(seen).toEqual(frames.map(({ kind, id, body }) => ({ kind, id, body: [...body] })));
        expect([decoder.isMidFrame, decoder.heldBytes]).toEqual([false, 0]);
      }),
    );
  });

  test("survives any bytes, holds little, and decodes nothing after the first fault (D1 to D3)", () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(pieces, (chunks) => {
        const { decoder, seen } = collect();
        let arrivedBytes = 0;
        let hasFailed = false;
        for (const chunk of chunks) {
          const before = seen.length;
          const fault = decoder.push(chunk);
          arrivedBytes += chunk.byteLength;
          expect(decoder.heldBytes).toBeLessThanOrEqual(Math.min(FRAME_BYTES_MAX, 2 * arrivedBytes + 256));
          if (hasFailed) expect([fault?.kind, seen.length]).toEqual(["violation", before]);
          hasFailed ||= fault !== undefined;
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("one changed byte never makes it throw", () => {
    const bytes = encode([
      { kind: FRAME_KINDS.request, id: 1, body: new Uint8Array(200) },
      { kind: FRAME_KINDS.response, id: 300, body: new Uint8Array(3) },
    ]);
    fc.assert(
      fc.property(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }), (position, change) => {
        const changed = bytes.slice();
        changed[position] = (changed[position] ?? 0) ^ change;
        collect().decoder.push(changed);
      }),
    );
  });

  test.each([
    ["a length of zero", [0x00]],
    ["a frame without an id", [0x01, 0x01]],
    ["a length beyond the bound", [0xd1, 0x0f, 0x01, 0x00]],
    ["a padded length (D4)", [0x82, 0x00, 0x01, 0x00]],
    ["a length that does not end (D4)", [0xff, 0xff, 0xff, 0xff]],
    ["kind 0", [0x02, 0x00, 0x00]],
    ["a kind that does not exist yet", [0x02, FRAME_KIND_MAX + 1, 0x00]],
    ["an id that reaches beyond its frame", [0x02, 0x01, 0x80]],
    ["a padded id (D4)", [0x03, 0x01, 0x80, 0x00]],
    ["an id beyond 2^49 (D4)", [0x09, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ])("%s is a fault, whole or byte by byte", (_name, bytes) => {
    expect(collect().decoder.push(Uint8Array.from(bytes))?.kind).toBe("violation");
    const { decoder } = collect();
    const faults = bytes.map((byte) => decoder.push(Uint8Array.of(byte)));
    expect(faults.at(-1)?.kind).toBe("violation");
  });

  test("a length is refused before anything is allocated for it (D1)", () => {
    const { decoder } = collect(1_048_640);
    expect(decoder.push(Uint8Array.of(0xff, 0xff, 0x3f))).toBeUndefined();
    expect(decoder.heldBytes).toBeLessThanOrEqual(256);
    expect(collect(1_048_640).decoder.push(Uint8Array.of(0xff, 0xff, 0xff, 0x7f))?.message).toBe("frame is too long");
  });

  test("a frame that dribbles in one byte at a time costs at most twice its bytes (D2)", () => {
    const { decoder, seen } = collect();
    const bytes = frame(FRAME_KINDS.message, 3, new Uint8Array(1_900));
    for (let index = 0; index < bytes.byteLength; index += 1) {
      decoder.push(bytes.subarray(index, index + 1));
      expect(decoder.heldBytes).toBeLessThanOrEqual(Math.max(256, 2 * (index + 1)));
    }
    expect(seen).toHaveLength(1);
  });
});
