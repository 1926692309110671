/** Major types of CBOR, RFC 8949 section 3.1, as far as rows have them. */
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const SIMPLE = 7;
/** Below this the argument is in the head; from it on 1, 2, 4 or 8 bytes follow. */
const ONE_BYTE_FOLLOWS = 24;
const EIGHT_BYTES_FOLLOW = 27;

/**
 * How many bytes the row at the start takes, without reading it; `undefined` when the bytes end before the row does, or
 * hold what no row holds. Tells bytes behind a row from a row that is broken.
 */
export function rowExtent(bytes: Uint8Array): number | undefined {
  let offset = 0;
  for (let pendingItems = 1; pendingItems > 0; pendingItems -= 1) {
    const head = bytes[offset];
    if (head === undefined) return undefined;
    const major = head >> 5;
    const additional = head & 31;
    if (additional > EIGHT_BYTES_FOLLOW || (major > LIST && major !== SIMPLE)) return undefined;
    const argumentBytes = additional < ONE_BYTE_FOLLOWS ? 0 : 2 ** (additional - ONE_BYTE_FOLLOWS);
    let argument = additional;
    if (argumentBytes > 0) {
      argument = 0;
      for (const byte of bytes.subarray(offset + 1, offset + 1 + argumentBytes)) argument = argument * 256 + byte;
    }
    offset += 1 + argumentBytes;
    if (major === BYTES || major === TEXT) offset += argument;
    if (major === LIST) pendingItems += argument;
    if (offset > bytes.byteLength || pendingItems > bytes.byteLength) return undefined;
  }
  return offset;
}
