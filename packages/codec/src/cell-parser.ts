/**
 * Takes canonical bytes apart into cells. It accepts the subset of CBOR that rows are made of and nothing else, each
 * value in its one encoding (RFC 8949, section 4.2.1): shortest heads, definite lengths, well-formed UTF-8.
 *
 * Invariants:
 *   C1  Nothing is allocated for a length before the bytes that it announces are known to be there.
 *   C2  Cells are counted before they are made: one byte can cost a hundred times that, text and bytes four hundred times.
 *   C3  What is returned owns its memory: it shares none with the bytes that it came from.
 */
import type { Cell } from "./cell.ts";
import { DecodeError } from "./decode-error.ts";
import {
  ARGUMENT_BITS,
  EIGHT_BYTES,
  FALSE,
  FOUR_BYTES,
  MAJOR_BYTES,
  MAJOR_INTEGER,
  MAJOR_LIST,
  MAJOR_NEGATIVE,
  MAJOR_SHIFT,
  MAJOR_TEXT,
  NULL,
  ONE_BYTE,
  TRUE,
  TWO_BYTES,
  UINT16_RANGE,
  UINT32_RANGE,
  UINT8_RANGE,
} from "./head.ts";
import { limits } from "./limits.ts";
import { readUtf8 } from "./utf8.ts";

export class CellParser {
  readonly #bytes: Uint8Array;
  #at = 0;
  #cellsLeft: number;

  constructor(bytes: Uint8Array, cellsMax: number) {
    // A Buffer would slice views of itself (C3).
    const isPlain = Object.getPrototypeOf(bytes) === Uint8Array.prototype;
    this.#bytes = isPlain ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#cellsLeft = cellsMax;
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  /** @throws DecodeError */
  cell(depth = 0): Cell {
    const head = this.#byte();
    switch (head >> MAJOR_SHIFT) {
      case MAJOR_INTEGER:
        this.#count(1);
        return this.#argument(head);
      case MAJOR_NEGATIVE:
        this.#count(1);
        return this.#negative(head);
      case MAJOR_BYTES: {
        this.#count(limits.cellsPerBuffer);
        const start = this.#skip(this.#argument(head));
        return this.#bytes.slice(start, this.#at);
      }
      case MAJOR_TEXT: {
        this.#count(limits.cellsPerBuffer);
        const start = this.#skip(this.#argument(head));
        return this.#text(start, this.#at);
      }
      case MAJOR_LIST:
        this.#count(1);
        return this.#list(this.#argument(head), depth);
      default:
        this.#count(1);
        return constantOf(head);
    }
  }

  #list(cellCount: number, depth: number): readonly Cell[] {
    if (depth === limits.rowDepthMax) throw new DecodeError("lists lie too deep in each other");
    const cells: Cell[] = [];
    for (let index = 0; index < cellCount; index += 1) cells.push(this.cell(depth + 1));
    return cells;
  }

  #text(start: number, end: number): string {
    try {
      return readUtf8(this.#bytes, start, end);
    } catch (cause) {
      throw new DecodeError("not a canonical row: malformed text", { cause });
    }
  }

  #negative(head: number): number {
    return safe(-1 - this.#argument(head));
  }

  /** A length or a number of up to 2^53 - 1, in as few bytes as it needs. */
  #argument(head: number): number {
    const kind = head & ARGUMENT_BITS;
    if (kind < ONE_BYTE) return kind;
    switch (kind) {
      case ONE_BYTE:
        return shortest(this.#byte(), ONE_BYTE);
      case TWO_BYTES:
        return shortest(this.#uint16(), UINT8_RANGE);
      case FOUR_BYTES:
        return shortest(this.#uint32(), UINT16_RANGE);
      case EIGHT_BYTES: {
        const value = safe(this.#uint32() * UINT32_RANGE + this.#uint32());
        return shortest(value, UINT32_RANGE);
      }
      default:
        throw new DecodeError("not a canonical row: a length is missing");
    }
  }

  #uint32(): number {
    return this.#uint16() * UINT16_RANGE + this.#uint16();
  }

  #uint16(): number {
    return this.#byte() * UINT8_RANGE + this.#byte();
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new DecodeError("not a canonical row: it ends too early");
    this.#at += 1;
    return byte;
  }

  /** The bytes are there, or nothing is made of them (C1). @returns where those begin that were skipped */
  #skip(byteLength: number): number {
    const start = this.#at;
    if (byteLength > this.#bytes.byteLength - start) throw new DecodeError("not a canonical row: it ends too early");
    this.#at += byteLength;
    return start;
  }

  /** (C2) */
  #count(cells: number): void {
    this.#cellsLeft -= cells;
    if (this.#cellsLeft < 0) throw new DecodeError("too many cells");
  }
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new DecodeError("not a canonical row: an integer is not safe");
  return value;
}

function shortest(value: number, min: number): number {
  if (value < min) throw new DecodeError("not a canonical row: an integer is not minimal");
  return value;
}

function constantOf(head: number): boolean | null {
  if (head === NULL) return null;
  if (head === TRUE) return true;
  if (head === FALSE) return false;
  throw new DecodeError("not a canonical row: neither integer, text, bytes, list, boolean nor null");
}
