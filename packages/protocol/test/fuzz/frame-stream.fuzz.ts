import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { FrameAssembly, joinFrames } from "../../src/index.ts";

const STREAM_BYTES_MAX = 65_536;
/** Far less than a stream brings: a longer frame can become whole. */
const FRAME_BYTES_MAX = 64;
const PIECE_BYTES = 3;

/** All at once, and in pieces: both must come to the same. @throws DecodeError */
function takeApart(bytes: Uint8Array): readonly Uint8Array[] {
  const whole = new FrameAssembly(FRAME_BYTES_MAX);
  const frames = whole.push(bytes);
  if (joinFrames(frames).byteLength !== bytes.byteLength) throw new DecodeError("the last frame is not whole");
  return frames.map((frame) => Uint8Array.from(frame));
}

export const target = defineTarget<readonly Uint8Array[]>({
  name: "protocol/frame-stream",
  decodes: "frames on a stream of bytes",
  covers: [],
  frameBytesMax: STREAM_BYTES_MAX,
  amplification: { times: 40, reason: "a frame of one byte is a view, which is larger than its length" },
  seeds: () => [
    ...bytesOfHex("0000000100", "0000000201020000000103"),
    joinFrames([new Uint8Array(FRAME_BYTES_MAX), new Uint8Array(FRAME_BYTES_MAX + 1)]),
  ],
  values: fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 }),
  decode: throwing(takeApart, DecodeError),
  encode: { form: "canonical", write: joinFrames },
  check: (frames) => {
    const tooLong = frames.find(({ byteLength }) => byteLength > FRAME_BYTES_MAX);
    if (tooLong !== undefined) throw new Error(`a frame of ${tooLong.byteLength} bytes was taken`);
    const bytes = joinFrames(frames);
    const pieces = new FrameAssembly(FRAME_BYTES_MAX);
    let count = 0;
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      for (const frame of pieces.push(bytes.subarray(at, at + PIECE_BYTES))) {
        if (Buffer.compare(frame, frames[count] ?? new Uint8Array()) !== 0) throw new Error(`frame ${count} changed`);
        count += 1;
      }
    }
    if (count !== frames.length) throw new Error(`${count} of ${frames.length} frames came in pieces`);
  },
  canaries: [
    {
      name: "a frame of any length",
      file: "packages/protocol/src/frame-stream.ts",
      find: "if (frameBytes <= this.#frameBytesMax) return frameBytes;",
      replace: "return frameBytes;",
    },
    {
      name: "the rest of a chunk that is lost",
      file: "packages/protocol/src/frame-stream.ts",
      find: "this.#parts = rest.byteLength === 0 ? [] : [rest];",
      replace: "this.#parts = [];",
    },
  ],
});
