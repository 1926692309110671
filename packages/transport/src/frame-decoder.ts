/**
 * Turns bytes that arrive in any portions into frames. Pure and synchronous.
 *
 * Invariants (SPEC.md):
 *   D1  A length is checked against its bound before a byte is allocated for it.
 *   D2  What a partial frame holds is at most twice what has arrived of it, and at most one frame.
 *   D3  After the first fault nothing is decoded any more.
 *   D4  Every integer has one encoding: padded or overlong ones are faults.
 */
import { ByteCursor } from "./byte-cursor.ts";
import { isFrameKind, type FrameKind } from "./frame-kind.ts";
import { violation, type SessionFault } from "./session-fault.ts";
import { VARINT_TRUNCATED } from "./varint.ts";

/** The body is a view that is valid during the call only. */
export type FrameReceiver = (kind: FrameKind, id: number, body: Uint8Array) => SessionFault | undefined;

type DecoderState =
  | { readonly kind: "between_frames" }
  | { readonly kind: "in_length"; readonly bytes: readonly number[] }
  | { readonly kind: "in_frame"; readonly frameBytes: number; buffer: Uint8Array; filledBytes: number }
  | { readonly kind: "failed"; readonly fault: SessionFault };

const BETWEEN_FRAMES: DecoderState = { kind: "between_frames" };
/** Four bytes hold every length up to 256 MiB, far beyond any legal frame. */
const LENGTH_BYTES_MAX = 4;
const FRAME_BYTES_MIN = 2;
const BUFFER_BYTES_MIN = 256;

export class FrameDecoder {
  #frameBytesMax: number;
  #state: DecoderState = BETWEEN_FRAMES;
  #framesDecoded = 0;
  readonly #cursor = new ByteCursor();
  readonly #receive: FrameReceiver;

  constructor(frameBytesMax: number, receive: FrameReceiver) {
    this.#frameBytesMax = frameBytesMax;
    this.#receive = receive;
  }

  /** For the next frame on: the bound is wider once the peer has been greeted. */
  setFrameBytesMax(frameBytesMax: number): void {
    this.#frameBytesMax = frameBytesMax;
  }

  get framesDecoded(): number {
    return this.#framesDecoded;
  }

  get isMidFrame(): boolean {
    return this.#state.kind === "in_frame" || this.#state.kind === "in_length";
  }

  /** Memory held for a frame that has not arrived whole. */
  get heldBytes(): number {
    return this.#state.kind === "in_frame" ? this.#state.buffer.byteLength : 0;
  }

  push(chunk: Uint8Array): SessionFault | undefined {
    let offset = 0;
    while (offset < chunk.byteLength) {
      const state = this.#state;
      if (state.kind === "failed") return state.fault;
      const next =
        state.kind === "in_frame" ? this.#continueFrame(state, chunk, offset) : this.#beginFrame(chunk, offset);
      if (typeof next !== "number") return this.#fail(next);
      offset = next;
    }
    return this.#state.kind === "failed" ? this.#state.fault : undefined;
  }

  /** Reads a length and, when the chunk has all of it, the frame. Returns the offset behind what was used. */
  #beginFrame(chunk: Uint8Array, offset: number): number | SessionFault {
    if (this.#state.kind === "in_length") return this.#continueLength(this.#state.bytes, chunk, offset);
    this.#cursor.reset(chunk, offset, Math.min(chunk.byteLength, offset + LENGTH_BYTES_MAX));
    const frameBytes = this.#cursor.varint();
    if (frameBytes === VARINT_TRUNCATED) {
      if (chunk.byteLength - offset >= LENGTH_BYTES_MAX) return violation("frame length is malformed");
      this.#state = { kind: "in_length", bytes: Array.from(chunk.subarray(offset)) };
      return chunk.byteLength;
    }
    const fault = this.#checkLength(frameBytes);
    if (fault !== undefined) return fault;
    const start = this.#cursor.offset;
    const end = start + frameBytes;
    if (end <= chunk.byteLength) return this.#deliver(chunk, start, end) ?? end;
    this.#startPartial(frameBytes, chunk.subarray(start));
    return chunk.byteLength;
  }

  #continueLength(bytes: readonly number[], chunk: Uint8Array, offset: number): number | SessionFault {
    const collected = [...bytes, chunk[offset] ?? 0];
    this.#cursor.reset(Uint8Array.from(collected));
    const frameBytes = this.#cursor.varint();
    if (frameBytes === VARINT_TRUNCATED) {
      if (collected.length >= LENGTH_BYTES_MAX) return violation("frame length is malformed");
      this.#state = { kind: "in_length", bytes: collected };
      return offset + 1;
    }
    const fault = this.#checkLength(frameBytes);
    if (fault !== undefined) return fault;
    this.#startPartial(frameBytes, chunk.subarray(0, 0));
    return offset + 1;
  }

  #checkLength(frameBytes: number): SessionFault | undefined {
    if (frameBytes < 0) return violation("frame length is malformed");
    if (frameBytes < FRAME_BYTES_MIN) return violation("frame is too short");
    if (frameBytes > this.#frameBytesMax) return violation("frame is too long");
    return undefined;
  }

  #startPartial(frameBytes: number, arrived: Uint8Array): void {
    const capacity = Math.min(frameBytes, Math.max(BUFFER_BYTES_MIN, arrived.byteLength * 2));
    const buffer = new Uint8Array(capacity);
    buffer.set(arrived);
    this.#state = { kind: "in_frame", frameBytes, buffer, filledBytes: arrived.byteLength };
  }

  #continueFrame(
    state: Extract<DecoderState, { kind: "in_frame" }>,
    chunk: Uint8Array,
    offset: number,
  ): number | SessionFault {
    const takenBytes = Math.min(state.frameBytes - state.filledBytes, chunk.byteLength - offset);
    const filledBytes = state.filledBytes + takenBytes;
    if (filledBytes > state.buffer.byteLength) {
      const grown = new Uint8Array(Math.min(state.frameBytes, filledBytes * 2));
      grown.set(state.buffer.subarray(0, state.filledBytes));
      state.buffer = grown;
    }
    state.buffer.set(chunk.subarray(offset, offset + takenBytes), state.filledBytes);
    state.filledBytes = filledBytes;
    if (filledBytes < state.frameBytes) return offset + takenBytes;
    return this.#deliver(state.buffer, 0, state.frameBytes) ?? offset + takenBytes;
  }

  #deliver(bytes: Uint8Array, start: number, end: number): SessionFault | undefined {
    this.#state = BETWEEN_FRAMES;
    const kind = bytes[start] ?? 0;
    if (!isFrameKind(kind)) return violation("frame kind is unknown");
    this.#cursor.reset(bytes, start + 1, end);
    const id = this.#cursor.varint();
    if (id < 0) return violation("frame id is malformed");
    this.#framesDecoded += 1;
    return this.#receive(kind, id, bytes.subarray(this.#cursor.offset, end));
  }

  #fail(fault: SessionFault): SessionFault {
    this.#state = { kind: "failed", fault };
    return fault;
  }
}
