import type { KeyValueEntry } from "@aspenjs/api";
import { encodeRow } from "@aspenjs/codec";
import { Blake3, pieceHasher, toHex } from "./blake3.ts";
import { canonicalRows } from "./canonical-state.ts";
import type { SavedState } from "./replicated-state.ts";

/** Digests of rows by what the rows are of. Nobody may change an object that is in here. */
export type RowDigests = WeakMap<object, Uint8Array>;

/**
 * BLAKE3 over the BLAKE3 of each canonical row, in their order, as lower-case hex.
 * @param known Most of a state is the same from one checksum to the next: of objects that come again, the digest that is
 * remembered here counts.
 */
export async function stateChecksum(
  entries: Iterable<KeyValueEntry>,
  state: SavedState,
  known?: RowDigests,
): Promise<string> {
  const whole = await Blake3.create();
  const hash = await pieceHasher();
  for (const { source, row } of canonicalRows(entries, state)) {
    let digest = known?.get(source);
    if (digest === undefined) {
      digest = hash(encodeRow(row()));
      known?.set(source, digest);
    }
    whole.update(digest);
  }
  return toHex(whole.digest());
}
