import { Tokenizer, Type, type DecodeOptions, type Token } from "cborg";
import { DecodeError } from "./decode-error.ts";
import { limits } from "./limits.ts";

const REPLACEMENT_CHARACTER = "\uFFFD";
const BYTE_ORDER_MARK_FIRST_BYTE = 0xef;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Closes the gaps that strict CBOR leaves open for us: a whole float would read as an integer, and malformed UTF-8
 * as text with replacement characters. Either way two different encodings would mean one value. And a cell of one byte
 * costs a hundred times that to decode, text and bytes three hundred times: cells are counted while they come.
 */
export class StrictTokenizer extends Tokenizer {
  #cellsLeft: number;

  constructor(bytes: Uint8Array, options: DecodeOptions, cellsMax: number) {
    super(bytes, options);
    this.#cellsLeft = cellsMax;
  }

  override next(): Token {
    const token = super.next();
    this.#cellsLeft -= isBuffered(token) ? limits.cellsPerBuffer : 1;
    if (this.#cellsLeft < 0) throw new DecodeError("too many cells");
    if (Type.equals(token.type, Type.float)) throw new DecodeError("floats are not part of a row");
    if (Type.equals(token.type, Type.string)) return decodedStrictly(token);
    return token;
  }
}

function isBuffered(token: Token): boolean {
  return Type.equals(token.type, Type.bytes) || Type.equals(token.type, Type.string);
}

/** The library's text decoder replaces what is malformed and drops a leading byte order mark; ours does neither. */
function decodedStrictly(token: Token): Token {
  const text: unknown = token.value;
  const bytes = token.byteValue;
  if (bytes === undefined || typeof text !== "string") return token;
  if (bytes[0] !== BYTE_ORDER_MARK_FIRST_BYTE && !text.includes(REPLACEMENT_CHARACTER)) return token;
  token.value = strictUtf8.decode(bytes);
  return token;
}
