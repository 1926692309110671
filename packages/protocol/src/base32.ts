/** Base32 of RFC 4648 section 6, in lower case and without padding: every sequence of bytes has exactly one text. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const BITS_PER_CHARACTER = 5;
const BITS_PER_BYTE = 8;

const VALUES: ReadonlyMap<string, number> = new Map(Array.from(ALPHABET, (character, value) => [character, value]));

export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  let pending = 0;
  let pendingBits = 0;
  for (const byte of bytes) {
    pending = (pending << BITS_PER_BYTE) | byte;
    pendingBits += BITS_PER_BYTE;
    while (pendingBits >= BITS_PER_CHARACTER) {
      pendingBits -= BITS_PER_CHARACTER;
      text += ALPHABET[(pending >> pendingBits) & 31];
    }
    pending &= (1 << pendingBits) - 1;
  }
  return pendingBits === 0 ? text : text + ALPHABET[(pending << (BITS_PER_CHARACTER - pendingBits)) & 31];
}

/** `undefined` for text that `encodeBase32` does not write: another alphabet, or bits left over at the end. */
export function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * BITS_PER_CHARACTER) / BITS_PER_BYTE));
  let byteLength = 0;
  let pending = 0;
  let pendingBits = 0;
  for (let at = 0; at < text.length; at += 1) {
    const value = VALUES.get(text[at] ?? "");
    if (value === undefined) return undefined;
    pending = (pending << BITS_PER_CHARACTER) | value;
    pendingBits += BITS_PER_CHARACTER;
    if (pendingBits < BITS_PER_BYTE) continue;
    pendingBits -= BITS_PER_BYTE;
    bytes[byteLength] = pending >> pendingBits;
    byteLength += 1;
    pending &= (1 << pendingBits) - 1;
  }
  // A whole character too many, or spare bits that are not zero: a second text for the same bytes.
  if (pendingBits >= BITS_PER_CHARACTER || pending !== 0) return undefined;
  return bytes;
}
