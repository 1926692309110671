/** Frames on a stream of bytes: each behind its length, whatever the chunks in which the bytes come. */
import { assert } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";

const LENGTH_BYTES = 4;
const NO_BYTES = new Uint8Array(0);

/** The frames, one behind the other, as one chunk. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + LENGTH_BYTES + frame.byteLength, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const frame of frames) {
    view.setUint32(at, frame.byteLength);
    bytes.set(frame, at + LENGTH_BYTES);
    at += LENGTH_BYTES + frame.byteLength;
  }
  return bytes;
}

/** Takes a stream apart again. Holds no more than one frame that is not yet whole. */
export class FrameAssembly {
  readonly #frameBytesMax: number;
  /** What came of the frame under way, its length included. */
  #parts: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(frameBytesMax: number) {
    assert(frameBytesMax < 2 ** 32, "a length fits its bytes");
    this.#frameBytesMax = frameBytesMax;
  }

  /** The frames that this chunk makes whole. @throws DecodeError for a frame beyond the bound */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    if (chunk.byteLength === 0) return [];
    this.#parts.push(chunk);
    this.#heldBytes += chunk.byteLength;
    if (this.#heldBytes < this.#neededBytes()) return [];
    let rest = concatenated(this.#parts, this.#heldBytes);
    const frames: Uint8Array[] = [];
    for (;;) {
      const frameBytes = this.#frameLength(rest);
      if (frameBytes === undefined || rest.byteLength < LENGTH_BYTES + frameBytes) break;
      frames.push(rest.subarray(LENGTH_BYTES, LENGTH_BYTES + frameBytes));
      rest = rest.subarray(LENGTH_BYTES + frameBytes);
    }
    this.#parts = rest.byteLength === 0 ? [] : [rest];
    this.#heldBytes = rest.byteLength;
    return frames;
  }

  /** Bytes until the frame under way is whole, as far as one can tell. */
  #neededBytes(): number {
    const [first = NO_BYTES] = this.#parts;
    const frameBytes = this.#frameLength(first);
    return LENGTH_BYTES + (frameBytes ?? 0);
  }

  #frameLength(bytes: Uint8Array): number | undefined {
    if (bytes.byteLength < LENGTH_BYTES) return undefined;
    const frameBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
    // Nothing that is said is empty; and a chunk of nothing but heads would become a thousand times as many objects.
    if (frameBytes === 0) throw new DecodeError("a frame is empty");
    if (frameBytes <= this.#frameBytesMax) return frameBytes;
    throw new DecodeError(`a frame of ${frameBytes} bytes exceeds ${this.#frameBytesMax}`);
  }
}

function concatenated(parts: readonly Uint8Array[], byteLength: number): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
