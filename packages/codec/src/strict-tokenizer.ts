import { Token, Tokenizer, Type, type DecodeOptions } from "cborg";
import { DecodeError } from "./decode-error.ts";
import { limits } from "./limits.ts";

const REPLACEMENT_CHARACTER = "\uFFFD";
const BYTE_ORDER_MARK_FIRST_BYTE = 0xef;
/** The first byte of a token (RFC 8949, section 3). */
const MAJOR_TYPE_SHIFT = 5;
const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
const FIRST_FLOAT = 0xf9;
const LAST_FLOAT = 0xfb;
const UINT_OF_EIGHT_BYTES = 0x1b;
const NEGINT_OF_EIGHT_BYTES = 0x3b;
const LONG_INTEGER_BYTES = 9;
const LENGTH_KIND_BITS = 0x1f;
const LENGTH_OF_ONE_BYTE = 24;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Closes the gaps that strict CBOR leaves open for us: a whole float would read as an integer, and malformed UTF-8
 * as text with replacement characters. Either way two different encodings would mean one value. And a cell of one byte
 * costs a hundred times that to decode, text and bytes four hundred times: cells are counted while they come.
 */
export class StrictTokenizer extends Tokenizer {
  #cellsLeft: number;

  constructor(bytes: Uint8Array, options: DecodeOptions, cellsMax: number) {
    super(bytes, options);
    this.#cellsLeft = cellsMax;
  }

  override next(): Token {
    const head = this.data[this._pos] ?? 0;
    const token = this.#longInteger(head) ?? super.next();
    const majorType = head >> MAJOR_TYPE_SHIFT;
    const isText = majorType === MAJOR_TEXT;
    this.#cellsLeft -= isText || majorType === MAJOR_BYTES ? limits.cellsPerBuffer : 1;
    if (this.#cellsLeft < 0) throw new DecodeError("too many cells");
    if (head >= FIRST_FLOAT && head <= LAST_FLOAT) throw new DecodeError("floats are not part of a row");
    if (isText) this.#decodeStrictly(token);
    return token;
  }

  /** The library's text decoder replaces what is malformed and drops a leading byte order mark; ours does neither. */
  #decodeStrictly(token: Token): void {
    const text: unknown = token.value;
    const { encodedLength } = token;
    if (encodedLength === undefined || typeof text !== "string") return;
    const start = this._pos - encodedLength;
    const textStart = start + headLengthOf(this.data[start] ?? 0);
    const isSuspect = this.data[textStart] === BYTE_ORDER_MARK_FIRST_BYTE || text.includes(REPLACEMENT_CHARACTER);
    if (isSuspect) token.value = strictUtf8.decode(this.data.subarray(textStart, this._pos));
  }

  /** Integers of eight bytes, for which the library would take big integers along the way. */
  #longInteger(head: number): Token | undefined {
    if (head !== UINT_OF_EIGHT_BYTES && head !== NEGINT_OF_EIGHT_BYTES) return undefined;
    if (this._pos + LONG_INTEGER_BYTES > this.data.byteLength) throw new DecodeError("an integer ends too early");
    const high = uint32At(this.data, this._pos + 1);
    if (high === 0) throw new DecodeError("an integer is not minimal");
    const argument = high * 2 ** 32 + uint32At(this.data, this._pos + 5);
    const value = head === UINT_OF_EIGHT_BYTES ? argument : -1 - argument;
    if (!Number.isSafeInteger(value)) throw new DecodeError("an integer is not safe");
    this._pos += LONG_INTEGER_BYTES;
    const type = head === UINT_OF_EIGHT_BYTES ? Type.uint : Type.negint;
    return new Token(type, value, LONG_INTEGER_BYTES);
  }
}

function uint32At(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let offset = 0; offset < 4; offset += 1) value = value * 256 + (bytes[at + offset] ?? 0);
  return value;
}

/** Of a text, by its first byte: how many bytes stand before the text itself. */
function headLengthOf(head: number): number {
  const lengthKind = head & LENGTH_KIND_BITS;
  return lengthKind < LENGTH_OF_ONE_BYTE ? 1 : 1 + 2 ** (lengthKind - LENGTH_OF_ONE_BYTE);
}
