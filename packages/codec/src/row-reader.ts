import { DecodeError } from "./decode-error.ts";
import { utf8Length } from "./utf8.ts";

/**
 * Reads the cells of one row in order, each with its expected kind and bound, then `end()`.
 * Every method throws `DecodeError`, naming the cell, when the bytes do not fit.
 */
export class RowReader {
  readonly #name: string;
  readonly #cells: readonly unknown[];
  #next = 0;

  private constructor(name: string, cells: readonly unknown[]) {
    this.#name = name;
    this.#cells = cells;
  }

  static of(name: string, value: unknown): RowReader {
    if (!Array.isArray(value)) throw new DecodeError(`${name}: expected a list of cells`);
    return new RowReader(name, value);
  }

  get remaining(): number {
    return this.#cells.length - this.#next;
  }

  /** A safe integer between `min` and `max`, both included. */
  integer(name: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#take(name);
    if (typeof value !== "number" || !Number.isSafeInteger(value)) throw this.#wrong(name, "a safe integer");
    if (value < min || value > max) throw new DecodeError(`${this.#name}.${name}: ${value} is not in ${min}..${max}`);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#take(name);
    if (typeof value !== "boolean") throw this.#wrong(name, "a boolean");
    return value;
  }

  /** Text whose UTF-8 form has at most `bytesMax` bytes. */
  text(name: string, bytesMax: number): string {
    const value = this.#take(name);
    if (typeof value !== "string") throw this.#wrong(name, "text");
    // UTF-16 length is a lower bound of the UTF-8 length: the cheap test first.
    if (value.length > bytesMax || (value.length * 3 > bytesMax && utf8Length(value) > bytesMax)) {
      throw new DecodeError(`${this.#name}.${name}: longer than ${bytesMax} bytes`);
    }
    return value;
  }

  bytes(name: string, bytesMax: number): Uint8Array {
    const value = this.#take(name);
    if (!(value instanceof Uint8Array)) throw this.#wrong(name, "bytes");
    if (value.byteLength > bytesMax) throw new DecodeError(`${this.#name}.${name}: longer than ${bytesMax} bytes`);
    return value;
  }

  /** Bytes of exactly `byteLength`, as hashes and keys are. */
  fixedBytes(name: string, byteLength: number): Uint8Array {
    const value = this.bytes(name, byteLength);
    if (value.byteLength !== byteLength) throw this.#wrong(name, `${byteLength} bytes`);
    return value;
  }

  /** One of the given words. */
  word<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.#take(name);
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw this.#wrong(name, words.join(" or "));
    return word;
  }

  /** Whatever comes, where the schema leaves it open; the caller checks. A number need not be safe. */
  any(name: string): unknown {
    return this.#take(name);
  }

  row(name: string): RowReader {
    return RowReader.of(`${this.#name}.${name}`, this.#take(name));
  }

  /** `null` becomes `undefined`; anything else is left to `read`, which takes the same cell. */
  optional<Value>(read: (reader: this) => Value): Value | undefined {
    if (this.#next < this.#cells.length && this.#cells[this.#next] === null) {
      this.#next += 1;
      return undefined;
    }
    return read(this);
  }

  /** A list whose items are read one by one from a reader over the list itself. */
  list<Value>(name: string, itemsMax: number, readItem: (items: RowReader) => Value): Value[] {
    const items = this.row(name);
    if (items.remaining > itemsMax) {
      throw new DecodeError(`${this.#name}.${name}: ${items.remaining} items exceed ${itemsMax}`);
    }
    const values: Value[] = [];
    while (items.remaining > 0) values.push(readItem(items));
    return values;
  }

  /** Nothing may follow: a longer row belongs to another version. */
  end(): void {
    if (this.remaining > 0) throw new DecodeError(`${this.#name}: ${this.remaining} cells too many`);
  }

  #take(name: string): unknown {
    if (this.#next >= this.#cells.length) throw new DecodeError(`${this.#name}.${name}: missing`);
    const value = this.#cells[this.#next];
    this.#next += 1;
    return value;
  }

  #wrong(name: string, expected: string): DecodeError {
    return new DecodeError(`${this.#name}.${name}: expected ${expected}`);
  }
}
