/**
 * Bytes as text for decoders of text. Every sequence of bytes is some text, and every text, unpaired surrogates
 * included, has bytes: UTF-8 with surrogates written like other code points (WTF-8), and bytes that do not fit it
 * standing for the code points of their own number.
 */
/** By the length of the sequence. */
const CODE_POINT_MIN = [0, 0, 0x80, 0x800, 0x1_0000];

const textEncoder = new TextEncoder();

/** Allocates four bytes for each of the input's, so that what a target allocates is its decoder's doing. */
export function textOf(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.byteLength);
  let length = 0;
  for (let at = 0; at < bytes.byteLength;) {
    const byteLength = sequenceLength(bytes, at);
    const codePoint = codePointOf(bytes, at, byteLength);
    if (codePoint > 0xffff) units[length++] = 0xd800 + ((codePoint - 0x1_0000) >> 10);
    units[length++] = codePoint > 0xffff ? 0xdc00 + (codePoint & 0x3ff) : codePoint;
    at += byteLength;
  }
  return Buffer.from(units.buffer, 0, 2 * length).toString("utf16le");
}

export function bytesOf(text: string): Uint8Array {
  if (text.isWellFormed()) return textEncoder.encode(text);
  return Uint8Array.from(
    Array.from(text).flatMap((character) => {
      const codePoint = character.codePointAt(0) ?? 0;
      if (codePoint < 0xd800 || codePoint > 0xdfff) return [...textEncoder.encode(character)];
      return [0xe0 | (codePoint >> 12), 0x80 | ((codePoint >> 6) & 63), 0x80 | (codePoint & 63)];
    }),
  );
}

/** Of the code point that starts here; 1 also for a byte that starts none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  const byteLength = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  for (let offset = 1; offset < byteLength; offset += 1) {
    if (((bytes[at + offset] ?? 0) & 0xc0) !== 0x80) return 1;
  }
  if (byteLength === 1) return 1;
  const codePoint = codePointOf(bytes, at, byteLength);
  // Longer than need be, it would be a second spelling of what decoders of plain ASCII accept.
  const isShortest = codePoint >= (CODE_POINT_MIN[byteLength] ?? 0);
  return isShortest && codePoint <= 0x10_ff_ff ? byteLength : 1;
}

function codePointOf(bytes: Uint8Array, at: number, byteLength: number): number {
  const lead = bytes[at] ?? 0;
  if (byteLength === 1) return lead;
  let codePoint = lead & (0x7f >> byteLength);
  for (let offset = 1; offset < byteLength; offset += 1) {
    codePoint = (codePoint << 6) | ((bytes[at + offset] ?? 0) & 63);
  }
  return codePoint;
}
