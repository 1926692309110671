/** First byte of every frame. The numbers are the wire: they never change their meaning. See SPEC.md. */
export const FRAME_KINDS = {
  hello: 1,
  accept: 2,
  goodbye: 3,
  ping: 4,
  pong: 5,
  name: 6,
  message: 7,
  messagePart: 8,
  request: 9,
  requestPart: 10,
  response: 11,
  responsePart: 12,
  error: 13,
  cancel: 14,
  open: 15,
  chunk: 16,
  chunkPart: 17,
  credit: 18,
  end: 19,
  abort: 20,
} as const;

export type FrameKind = (typeof FRAME_KINDS)[keyof typeof FRAME_KINDS];

export const FRAME_KIND_MAX = 20;

/** Of every kind of frame together: what the first frame of both sides names. */
export const PROTOCOL_VERSION = 1;

export function isFrameKind(byte: number): byte is FrameKind {
  return byte >= 1 && byte <= FRAME_KIND_MAX;
}
