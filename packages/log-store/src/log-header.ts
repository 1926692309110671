/**
 * What a store knows apart from its entries, as one row under one checksum: term and vote can never be torn apart,
 * and neither can the purge point and the hash that the chain goes on from.
 *
 * Invariant H1: a row is live if and only if `purged.index < index <= last.index` of the header that was written last.
 * Rows outside are remains of a truncation, a purge or a reset; nothing reads them.
 */
import { LOG_ID_ZERO, HARD_STATE_ZERO, type LogState } from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow } from "@aspenjs/codec";
import { CHAIN_GENESIS, HASH_BYTES, isSameHash, type ChainHasher } from "./chain-hasher.ts";
import { limits } from "./limits.ts";

const HEADER_VERSION = 1;

export interface LogHeader {
  /** Chosen by the operator; tells one node's store from another's. */
  readonly storeId: string;
  readonly state: LogState;
  /** Chain hash at `purged`: genesis for a whole log and after a reset. */
  readonly base: Uint8Array;
  /** Chain hash of the last entry; `base` when the log is empty. */
  readonly tip: Uint8Array;
}

export function emptyHeader(storeId: string): LogHeader {
  const state = { hardState: HARD_STATE_ZERO, purged: LOG_ID_ZERO, last: LOG_ID_ZERO, committed: 0 };
  return { storeId, state, base: CHAIN_GENESIS, tip: CHAIN_GENESIS };
}

/** One version byte, the row, and BLAKE3 over both. */
export function encodeHeader(hasher: ChainHasher, header: LogHeader): Uint8Array {
  const { hardState, purged, last, committed } = header.state;
  const row = encodeRow([
    header.storeId,
    hardState.term,
    hardState.vote ?? null,
    purged.term,
    purged.index,
    header.base,
    committed,
    last.term,
    last.index,
    header.tip,
  ]);
  const bytes = new Uint8Array(1 + row.byteLength + HASH_BYTES);
  bytes[0] = HEADER_VERSION;
  bytes.set(row, 1);
  bytes.set(hasher.digest(bytes.subarray(0, 1 + row.byteLength)), 1 + row.byteLength);
  return bytes;
}

/** @throws DecodeError when the checksum, the version or the order of the log ids is wrong */
export function decodeHeader(hasher: ChainHasher, bytes: Uint8Array): LogHeader {
  const bodyBytes = bytes.byteLength - HASH_BYTES;
  if (bodyBytes < 1) throw new DecodeError("header: too short");
  const body = bytes.subarray(0, bodyBytes);
  if (!isSameHash(hasher.digest(body), bytes.subarray(bodyBytes))) throw new DecodeError("header: wrong checksum");
  if (body[0] !== HEADER_VERSION) throw new DecodeError(`header: version ${body[0]} is not known`);
  const row = decodeRow(body.subarray(1), limits.headerBytesMax);
  const storeId = row.text("storeId", limits.storeIdBytesMax);
  const hardState = { term: row.integer("term"), vote: row.optional((cells) => cells.integer("vote", 1)) };
  const purged = { term: row.integer("purged term"), index: row.integer("purged index") };
  const base = row.fixedBytes("base", HASH_BYTES).slice();
  const committed = row.integer("committed");
  const last = { term: row.integer("last term"), index: row.integer("last index") };
  const tip = row.fixedBytes("tip", HASH_BYTES).slice();
  row.end();
  if (purged.index > committed || committed > last.index) {
    throw new DecodeError(
      `header: purged ${purged.index}, committed ${committed}, last ${last.index} are out of order`,
    );
  }
  return { storeId, state: { hardState, purged, last, committed }, base, tip };
}
