import { isDeepStrictEqual } from "node:util";
import { defineTarget } from "@aspenjs/fuzz";
import { FrameBuffer } from "../../src/frame-buffer.ts";
import { FrameDecoder } from "../../src/frame-decoder.ts";
import { FRAME_KINDS, type FrameKind } from "../../src/frame-kind.ts";
import { VARINT_MAX } from "../../src/varint.ts";
import { frame } from "../scripted-link.ts";

const FRAME_BYTES_MAX = 4_096;
const HELD_BYTES_MIN = 256;

interface Frame {
  readonly kind: FrameKind;
  readonly id: number;
  readonly body: Uint8Array;
}

interface Decoding {
  readonly frames: readonly Frame[];
  readonly fault: string | undefined;
  /** A frame had begun when the bytes ended. */
  readonly isMidFrame: boolean;
}

/** Pieces as long as the bytes themselves say, so that a mutation moves the cuts too. */
function decodeIn(bytes: Uint8Array, pieceBytes: (at: number) => number): Decoding {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder(FRAME_BYTES_MAX, (kind, id, body) => {
    frames.push({ kind, id, body: body.slice() });
    return undefined;
  });
  let fault: string | undefined;
  for (let at = 0; at < bytes.byteLength && fault === undefined;) {
    const end = Math.min(bytes.byteLength, at + pieceBytes(at));
    fault = decoder.push(bytes.subarray(at, end))?.message;
    at = end;
    const heldBytesMax = Math.min(FRAME_BYTES_MAX, 2 * at + HELD_BYTES_MIN);
    if (decoder.heldBytes > heldBytesMax) throw new Error(`holds ${decoder.heldBytes} bytes (D1, D2)`);
  }
  return { frames, fault, isMidFrame: decoder.isMidFrame };
}

function bytesOfFrames(frames: readonly Frame[]): Uint8Array {
  const buffer = new FrameBuffer();
  for (const { kind, id, body } of frames) buffer.writeFrame(kind, id, body);
  const slabs: Uint8Array[] = [];
  for (let slab = buffer.take(); slab !== undefined; slab = buffer.take()) slabs.push(slab);
  return new Uint8Array(Buffer.concat(slabs));
}

/** A fault, or bytes that end within a frame, is the refusal; until then frames must come out however bytes come in. */
export const target = defineTarget<Decoding>({
  name: "transport/frames",
  decodes: "frames, in pieces of any length",
  covers: ["FrameDecoder"],
  frameBytesMax: 8 * FRAME_BYTES_MAX,
  seeds: () => [
    frame(FRAME_KINDS.request, 1, new Uint8Array(200)),
    frame(FRAME_KINDS.response, 300, new Uint8Array(3)),
    frame(FRAME_KINDS.ping, VARINT_MAX),
    new Uint8Array(Buffer.concat([frame(FRAME_KINDS.name, 0, Uint8Array.of(0x2f)), frame(FRAME_KINDS.end, 2)])),
    frame(FRAME_KINDS.message, 3, new Uint8Array(FRAME_BYTES_MAX - 2)),
  ],
  dictionary: [[0x82, 0x00], [0xff, 0xff, 0xff, 0x7f], [0x80], [0x00], [0x02, 0x01, 0x00], [0xfe, 0x1f]].map((bytes) =>
    Uint8Array.from(bytes),
  ),
  decode: (bytes) => {
    const whole = decodeIn(bytes, () => bytes.byteLength);
    const cut = decodeIn(bytes, (at) => 1 + ((bytes[at] ?? 0) % 7));
    if (!isDeepStrictEqual(whole, cut)) throw new Error("pieces change what is decoded");
    if (whole.fault !== undefined || whole.isMidFrame) return { kind: "refused" };
    return { kind: "value", value: whole };
  },
  encode: { form: "canonical", write: ({ frames }) => bytesOfFrames(frames) },
  canaries: [
    {
      name: "a length that is not held against its bound",
      file: "packages/transport/src/frame-decoder.ts",
      find: 'if (frameBytes > this.#frameBytesMax) return violation("frame is too long");',
      replace: "",
    },
    {
      name: "padded integers",
      file: "packages/transport/src/byte-cursor.ts",
      find: "return byte === 0 && index > 0 ? VARINT_MALFORMED : value;",
      replace: "return value;",
    },
    {
      name: "memory for a frame that is only announced",
      file: "packages/transport/src/frame-decoder.ts",
      find: "const capacity = Math.min(frameBytes, Math.max(BUFFER_BYTES_MIN, arrived.byteLength * 2));",
      replace: "const capacity = frameBytes;",
    },
  ],
});
