/** UTF-8 as rows need it: most text in them is short and ASCII, for which a call into the engine costs more than a loop. */
import { assert } from "@aspenjs/api";

const SHORT_TEXT_MAX = 32;
const FIRST_BEYOND_ASCII = 0x80;
const FIRST_OF_THREE_BYTES = 0x800;
const encoder = new TextEncoder();
/** Neither mends what is malformed nor drops a leading byte order mark: either way two encodings would mean one text. */
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Of the UTF-8 form, in which a surrogate without its other half becomes U+FFFD. */
export function utf8Length(text: string): number {
  let byteLength = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < FIRST_BEYOND_ASCII) continue;
    if (unit < FIRST_OF_THREE_BYTES) {
      byteLength += 1;
      continue;
    }
    byteLength += 2;
    // A pair is two units and four bytes.
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) index += 1;
  }
  return byteLength;
}

/** `byteLength` is what `utf8Length` says. */
export function writeUtf8(target: Uint8Array, offset: number, text: string, byteLength: number): void {
  if (byteLength === text.length && byteLength <= SHORT_TEXT_MAX) {
    // As many bytes as units: it is ASCII.
    for (let index = 0; index < byteLength; index += 1) target[offset + index] = text.charCodeAt(index);
    return;
  }
  const { written } = encoder.encodeInto(text, target.subarray(offset, offset + byteLength));
  assert(written === byteLength, "a text is as long as was said");
}

/** @throws TypeError if the bytes are not well-formed */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_TEXT_MAX) return strictDecoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= FIRST_BEYOND_ASCII) return strictDecoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
