/**
 * One line of a transaction, read from left to right.
 *
 * S1  Words are divided by blanks and put together as a shell does it: everything between single quotes stands for
 *     itself, a backslash outside of quotes takes the meaning of what follows it, and pieces without a blank between
 *     them are one word.
 * S2  Between double quotes a backslash begins an escape of Go's strings, which is what etcdctl reads, or takes the
 *     meaning of what has one for a shell. Any other one is refused: the two would differ on it.
 * S3  What is not understood is refused with its line, its column in characters, and what was expected there.
 */
import { isUtf8 } from "node:buffer";
import { limits } from "@aspenjs/api";
import { printable } from "../printable.ts";
import { UsageError } from "../usage-error.ts";
import { decodeText, encodeText } from "../value-text.ts";

export interface Word {
  /** Where it begins in the line, in bytes. */
  readonly at: number;
  /** Without its quotes. */
  readonly bytes: Uint8Array;
}

const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_A = 0x61;

/** What one character stands for behind a backslash. */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map(
  [
    ["a", 0x07],
    ["b", 0x08],
    ["t", TAB],
    ["n", 0x0a],
    ["v", 0x0b],
    ["f", 0x0c],
    ["r", CARRIAGE_RETURN],
    ['"', DOUBLE_QUOTE],
    ["\\", BACKSLASH],
    ["$", 0x24],
    ["`", 0x60],
  ].map(([character, byte]) => [String(character).charCodeAt(0), Number(byte)]),
);

interface NumberEscape {
  /** From the backslash to the first digit. */
  readonly offset: number;
  readonly digits: number;
  readonly radix: number;
  readonly meaning: "byte" | "character";
}

const OCTAL: NumberEscape = { offset: 1, digits: 3, radix: 8, meaning: "byte" };

/** By what follows the backslash. A byte has two hexadecimal or three octal digits, a character four or eight. */
const NUMBER_ESCAPES: ReadonlyMap<string, NumberEscape> = new Map([
  ["x", { offset: 2, digits: 2, radix: 16, meaning: "byte" }],
  ["u", { offset: 2, digits: 4, radix: 16, meaning: "character" }],
  ["U", { offset: 2, digits: 8, radix: 16, meaning: "character" }],
  ...["0", "1", "2", "3"].map((digit): [string, NumberEscape] => [digit, OCTAL]),
]);

const PLAIN_TEXT_ENDS = byteSet(TAB, CARRIAGE_RETURN, SPACE, DOUBLE_QUOTE, SINGLE_QUOTE, BACKSLASH);
const SINGLE_QUOTED_TEXT_ENDS = byteSet(SINGLE_QUOTE);
const DOUBLE_QUOTED_TEXT_ENDS = byteSet(DOUBLE_QUOTE, BACKSLASH);

const NAME_LENGTH_MAX = 32;
const SHOWN_LENGTH_MAX = 30;

export function isBlankLine(line: Uint8Array): boolean {
  return blanksEnd(line, 0) === line.byteLength;
}

export class LineScanner {
  readonly #line: Uint8Array;
  readonly #number: number;
  /** Text without its quotes is never longer than with them: all words of the line share one piece of memory. */
  readonly #unquoted: Uint8Array;
  #unquotedLength = 0;
  #at = 0;
  /** Where the word that is being read begins, in the line and in what is unquoted. */
  #wordAt = 0;
  #wordStart = 0;

  /** @throws UsageError */
  constructor(line: Uint8Array, number: number) {
    this.#line = line;
    this.#number = number;
    this.#unquoted = new Uint8Array(line.byteLength);
    if (!isUtf8(line)) {
      throw new UsageError(`line ${number}: the line is not valid UTF-8; other bytes are written as "\\xff"`);
    }
  }

  /** The next word; `undefined` at the end of the line. */
  word(): Word | undefined {
    if (this.atEnd()) return undefined;
    this.#begin();
    for (let byte = this.#line[this.#at]; byte !== undefined && !isBlank(byte); byte = this.#line[this.#at]) {
      if (byte === DOUBLE_QUOTE) this.#doubleQuoted();
      else if (byte === SINGLE_QUOTE) this.#singleQuoted();
      else if (byte === BACKSLASH) this.#escaped();
      else this.#copyUntil(PLAIN_TEXT_ENDS);
    }
    return this.#finished();
  }

  /** One piece between quotes; `undefined` when no quote is next. */
  quoted(): Word | undefined {
    const quote = this.#line[this.position()];
    this.#begin();
    if (quote === DOUBLE_QUOTE) this.#doubleQuoted();
    else if (quote === SINGLE_QUOTE) this.#singleQuoted();
    else return undefined;
    return this.#finished();
  }

  /** The next characters as long as they are among these, and no more than a name may have. */
  run(characters: string): string {
    const start = this.position();
    const rest = this.#line.subarray(start, start + NAME_LENGTH_MAX);
    const length = rest.findIndex((byte) => !characters.includes(String.fromCharCode(byte)));
    const name = length === -1 ? rest : rest.subarray(0, length);
    this.#at += name.byteLength;
    return Buffer.from(name).toString("latin1");
  }

  /** Takes the next character if it is this one. */
  take(character: string): boolean {
    if (this.#line[this.position()] !== character.charCodeAt(0)) return false;
    this.#at += 1;
    return true;
  }

  /** Where the next thing begins. */
  position(): number {
    this.#at = blanksEnd(this.#line, this.#at);
    return this.#at;
  }

  atEnd(): boolean {
    return this.position() === this.#line.byteLength;
  }

  /** What is expected, and what is there instead. */
  unexpected(at: number, expected: string): UsageError {
    const rest = shortText(this.#line.subarray(at)).trimEnd();
    return this.error(at, `expected ${expected}, found ${rest === "" ? "the end of the line" : printable(rest)}`);
  }

  error(at: number, message: string): UsageError {
    return new UsageError(`line ${this.#number}, column ${this.#columnOf(at)}: ${message}`);
  }

  /** Counts characters, not bytes: those that continue one do not begin one. */
  #columnOf(at: number): number {
    let column = 1;
    for (const byte of this.#line.subarray(0, at)) if ((byte & 0xc0) !== 0x80) column += 1;
    return column;
  }

  #begin(): void {
    this.#wordAt = this.#at;
    this.#wordStart = this.#unquotedLength;
  }

  #finished(): Word {
    return { at: this.#wordAt, bytes: this.#unquoted.subarray(this.#wordStart, this.#unquotedLength) };
  }

  #put(byte: number): void {
    this.#unquoted[this.#unquotedLength] = byte;
    this.#unquotedLength += 1;
    this.#assertLength();
  }

  #putAll(bytes: Uint8Array): void {
    this.#unquoted.set(bytes, this.#unquotedLength);
    this.#unquotedLength += bytes.byteLength;
    this.#assertLength();
  }

  #assertLength(): void {
    if (this.#unquotedLength - this.#wordStart <= limits.valueBytesMax) return;
    throw this.error(this.#wordAt, `no key and no value has more than ${limits.valueBytesMax} bytes`);
  }

  #copyUntil(ends: Uint8Array): void {
    const line = this.#line;
    let end = this.#at;
    while (end < line.byteLength && ends[line[end] ?? 0] === 0) end += 1;
    if (end > this.#at) this.#putAll(line.subarray(this.#at, end));
    this.#at = end;
  }

  #escaped(): void {
    if (this.#at + 1 === this.#line.byteLength) {
      throw this.error(this.#at, "there is nothing behind this backslash; in single quotes it stands for itself");
    }
    this.#put(this.#line[this.#at + 1] ?? 0);
    this.#at += 2;
  }

  #singleQuoted(): void {
    const opening = this.#at;
    this.#at += 1;
    this.#copyUntil(SINGLE_QUOTED_TEXT_ENDS);
    if (this.#at === this.#line.byteLength) throw this.#unclosed(opening);
    this.#at += 1;
  }

  #doubleQuoted(): void {
    const opening = this.#at;
    this.#at += 1;
    for (;;) {
      const byte = this.#line[this.#at];
      if (byte === undefined) throw this.#unclosed(opening);
      if (byte === DOUBLE_QUOTE) break;
      if (byte === BACKSLASH) this.#escapeSequence(opening);
      else this.#copyUntil(DOUBLE_QUOTED_TEXT_ENDS);
    }
    this.#at += 1;
  }

  #escapeSequence(opening: number): void {
    const next = this.#line[this.#at + 1];
    if (next === undefined) throw this.#unclosed(opening);
    const short = SHORT_ESCAPES.get(next);
    if (short !== undefined) {
      this.#put(short);
      this.#at += 2;
      return;
    }
    const form = NUMBER_ESCAPES.get(String.fromCharCode(next));
    if (form === undefined) throw this.#unknownEscape();
    const number = this.#numberAt(this.#at + form.offset, form);
    if (form.meaning === "byte") this.#put(number);
    else if (number < 0x80) this.#put(number);
    else this.#putAll(this.#character(number));
    this.#at += form.offset + form.digits;
  }

  #numberAt(start: number, { digits, radix }: NumberEscape): number {
    let number = 0;
    for (let at = start; at < start + digits; at += 1) number = number * radix + digitValue(this.#line[at], radix);
    if (Number.isNaN(number)) throw this.#unknownEscape();
    return number;
  }

  #character(codePoint: number): Uint8Array {
    const isCharacter = codePoint <= 0x10_ff_ff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
    if (isCharacter) return encodeText(String.fromCodePoint(codePoint));
    throw this.#unknownEscape();
  }

  #unknownEscape(): UsageError {
    return this.unexpected(this.#at, String.raw`an escape such as \n, \t, \", \\, \x1f, \u00e9 or \U0001f600`);
  }

  #unclosed(at: number): UsageError {
    return this.error(
      at,
      String.raw`this quote is not closed on its line; a line feed within double quotes is written as \n`,
    );
  }
}

/** For messages and small values: what is longer is cut, and ends with a character that no small value has. */
export function shortText(bytes: Uint8Array): string {
  // A cut may fall into a character, whose rest is left out.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 4 * SHOWN_LENGTH_MAX)).toString();
  const characters = Array.from(text);
  const isWhole = bytes.byteLength <= 4 * SHOWN_LENGTH_MAX && characters.length <= SHOWN_LENGTH_MAX;
  return isWhole ? text : `${characters.slice(0, SHOWN_LENGTH_MAX).join("")}…`;
}

/** The text of a word, which escapes may have made something else. */
export function wordText(scanner: LineScanner, { at, bytes }: Word): string {
  const text = decodeText(bytes);
  if (text === undefined) throw scanner.error(at, "a key is text, and these bytes are not valid UTF-8");
  return text;
}

function blanksEnd(line: Uint8Array, start: number): number {
  let end = start;
  while (end < line.byteLength && isBlank(line[end] ?? 0)) end += 1;
  return end;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN;
}

function byteSet(...bytes: readonly number[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const byte of bytes) set[byte] = 1;
  return set;
}

/** `NaN` for what is no digit. */
function digitValue(byte: number | undefined, radix: number): number {
  if (byte === undefined) return Number.NaN;
  const lowerCase = byte | 0x20;
  const value = byte <= NINE ? byte - ZERO : lowerCase - LETTER_A + 10;
  const isDigit = (byte >= ZERO && byte <= NINE) || (lowerCase >= LETTER_A && byte > NINE);
  return isDigit && value < radix ? value : Number.NaN;
}
