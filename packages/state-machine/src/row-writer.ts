import { assert } from "@aspenjs/api";
import { CellWriter, SlabAllocator } from "@aspenjs/codec";

const SLAB_BYTES = 65_536;

/**
 * Writes the bytes that `encodeRow` would give, for rows of which one is written with every command. Its slabs are
 * large: good for rows that come and go in one order.
 */
export class RowWriter {
  readonly cells = new CellWriter();
  readonly #slabs = new SlabAllocator(SLAB_BYTES);
  #row = new Uint8Array();

  /** Every row begins so, and must come to exactly this length. */
  begin(byteLength: number): void {
    this.#row = this.#slabs.take(byteLength);
    this.cells.moveTo(this.#row, 0);
  }

  finish(): Uint8Array {
    assert(this.cells.offset === this.#row.byteLength, "a row is as long as was said");
    return this.#row;
  }
}
