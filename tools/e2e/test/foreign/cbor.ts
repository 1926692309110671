/** Just enough of RFC 8949 for rows, from the specification and not from our code. */
export type Item = number | string | boolean | null | Uint8Array | readonly Item[];

const UNSIGNED = 0;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const SIMPLE = 7;
const SIMPLE_FALSE = 20;
const SIMPLE_TRUE = 21;

export function encodeItem(item: Item): Uint8Array {
  if (item === null) return Uint8Array.of(0xf6);
  if (typeof item === "boolean") return Uint8Array.of(item ? 0xf5 : 0xf4);
  if (typeof item === "number") return head(UNSIGNED, item);
  if (typeof item === "string") return encodeItemOf(TEXT, new TextEncoder().encode(item));
  if (item instanceof Uint8Array) return encodeItemOf(BYTES, item);
  return Buffer.concat([head(LIST, item.length), ...item.map(encodeItem)]);
}

export function decodeItem(bytes: Uint8Array): Item {
  const reader = { bytes, offset: 0 };
  const item = readItem(reader);
  if (reader.offset !== bytes.byteLength) throw new Error("something follows the item");
  return item;
}

function encodeItemOf(major: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([head(major, bytes.byteLength), bytes]);
}

function head(major: number, argument: number): Uint8Array {
  const first = major << 5;
  if (argument < 24) return Uint8Array.of(first | argument);
  const sizeLog = argument < 0x100 ? 0 : argument < 0x1_0000 ? 1 : argument < 0x1_0000_0000 ? 2 : 3;
  const tail = Buffer.alloc(8);
  tail.writeBigUInt64BE(BigInt(argument));
  return Buffer.concat([Uint8Array.of(first | (24 + sizeLog)), tail.subarray(8 - 2 ** sizeLog)]);
}

function readItem(reader: { readonly bytes: Uint8Array; offset: number }): Item {
  const first = reader.bytes[reader.offset] ?? 0;
  reader.offset += 1;
  const major = first >> 5;
  let argument = first & 31;
  if (argument >= 24 && major !== SIMPLE) {
    const byteLength = 2 ** (argument - 24);
    argument = 0;
    const end = reader.offset + byteLength;
    for (; reader.offset < end; reader.offset += 1) argument = argument * 256 + (reader.bytes[reader.offset] ?? 0);
  }
  const taken = (): Uint8Array => {
    reader.offset += argument;
    return reader.bytes.slice(reader.offset - argument, reader.offset);
  };
  switch (major) {
    case UNSIGNED:
      return argument;
    case BYTES:
      return taken();
    case TEXT:
      return new TextDecoder().decode(taken());
    case LIST:
      return Array.from({ length: argument }, () => readItem(reader));
    case SIMPLE:
      if (argument === SIMPLE_FALSE || argument === SIMPLE_TRUE) return argument === SIMPLE_TRUE;
      return null;
    default:
      throw new Error(`rows hold no major type ${major}`);
  }
}
