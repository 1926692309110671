/**
 * Frames of the session protocol, version 1, from its specification (packages/transport/SPEC.md) and not from its
 * code: a peer that means harm has no other source either, and a change of the wire shows here.
 */
import { decodeRow, encodeRow } from "@aspenjs/codec";

export const KIND = {
  hello: 1,
  accept: 2,
  goodbye: 3,
  name: 6,
  message: 7,
  request: 9,
  requestPart: 10,
  error: 13,
} as const;

export interface Frame {
  readonly kind: number;
  readonly id: number;
  readonly body: Uint8Array;
}

const INSTANCE_BYTES = 8;
const ERROR_BYTES_MAX = 16_384;
const CODE_BYTES_MAX = 32;

export function frame(kind: number, id: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const behindLength = Buffer.concat([Uint8Array.of(kind), varint(id), body]);
  return Buffer.concat([varint(behindLength.byteLength), behindLength]);
}

export function helloFrame(version = 1): Uint8Array {
  return frame(KIND.hello, version, encodeRow([crypto.getRandomValues(new Uint8Array(INSTANCE_BYTES))]));
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}

/** The whole frames at the start of what an honest side has sent. */
export function readFrames(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let offset = 0; offset < bytes.byteLength;) {
    const length = readVarint(bytes, offset);
    const end = length.end + length.value;
    if (end > bytes.byteLength) break;
    const id = readVarint(bytes, length.end + 1);
    frames.push({ kind: bytes[length.end] ?? 0, id: id.value, body: bytes.subarray(id.end, end) });
    offset = end;
  }
  return frames;
}

/** Of a goodbye, or of the answer to a request. */
export function errorCodeOf({ body }: Frame): string {
  return decodeRow(body, ERROR_BYTES_MAX).text("code", CODE_BYTES_MAX);
}

function readVarint(bytes: Uint8Array, offset: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let scale = 1;
  for (let at = offset; at < bytes.byteLength; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) return { value, end: at + 1 };
  }
  return { value: Number.POSITIVE_INFINITY, end: bytes.byteLength };
}
