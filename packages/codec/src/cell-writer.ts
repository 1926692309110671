import { assert } from "@aspenjs/api";
import {
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
import { writeUtf8 } from "./utf8.ts";

const NOWHERE = new Uint8Array();

/**
 * Writes cells one behind the other, each in its one encoding (RFC 8949, section 4.2.1), into memory that the caller has
 * measured with `headLength`. Whether it measured well shows in `offset` at the end.
 */
export class CellWriter {
  #target = NOWHERE;
  #offset = 0;

  /** What follows is written from here on. */
  moveTo(target: Uint8Array<ArrayBuffer>, offset: number): void {
    this.#target = target;
    this.#offset = offset;
  }

  /** Where the next cell begins. */
  get offset(): number {
    return this.#offset;
  }

  /** The head of a list: so many cells belong to it from here on. */
  list(cellCount: number): void {
    this.#head(MAJOR_LIST, cellCount);
  }

  integer(value: number): void {
    assert(Number.isSafeInteger(value), "the numbers of a row are safe integers");
    if (value < 0) this.#head(MAJOR_NEGATIVE, -1 - value);
    else this.#head(MAJOR_INTEGER, value);
  }

  /** `byteLength` is that of its UTF-8 form. */
  text(value: string, byteLength: number): void {
    this.#head(MAJOR_TEXT, byteLength);
    writeUtf8(this.#target, this.#offset, value, byteLength);
    this.#offset += byteLength;
  }

  bytes(value: Uint8Array): void {
    this.#head(MAJOR_BYTES, value.byteLength);
    this.copy(value);
  }

  boolean(value: boolean): void {
    this.#byte(value ? TRUE : FALSE);
  }

  nothing(): void {
    this.#byte(NULL);
  }

  /** Cells that are encoded already. */
  copy(encoded: Uint8Array): void {
    this.#target.set(encoded, this.#offset);
    this.#offset += encoded.byteLength;
  }

  #head(majorType: number, argument: number): void {
    const major = majorType << MAJOR_SHIFT;
    if (argument < ONE_BYTE) {
      this.#byte(major + argument);
    } else if (argument < UINT8_RANGE) {
      this.#byte(major + ONE_BYTE);
      this.#byte(argument);
    } else if (argument < UINT16_RANGE) {
      this.#byte(major + TWO_BYTES);
      this.#uint16(argument);
    } else if (argument < UINT32_RANGE) {
      this.#byte(major + FOUR_BYTES);
      this.#uint32(argument);
    } else {
      this.#byte(major + EIGHT_BYTES);
      this.#uint32(Math.floor(argument / UINT32_RANGE));
      this.#uint32(argument % UINT32_RANGE);
    }
  }

  #uint32(value: number): void {
    this.#uint16(value >>> 16);
    this.#uint16(value & (UINT16_RANGE - 1));
  }

  #uint16(value: number): void {
    this.#byte(value >>> 8);
    this.#byte(value & (UINT8_RANGE - 1));
  }

  #byte(value: number): void {
    this.#target[this.#offset] = value;
    this.#offset += 1;
  }
}
