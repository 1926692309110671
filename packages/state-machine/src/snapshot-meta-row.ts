import type { SnapshotMeta } from "@aspenjs/api";
import { decodeRow, encodeRow, storedMembershipToRow } from "@aspenjs/codec";
import { BLAKE3_BYTES } from "./blake3.ts";
import { stateMachineLimits } from "./limits.ts";
import { readMembership } from "./membership-row.ts";

const FORMAT_VERSION = 1;

/** `[version, term, index, membership, byteLength, digest]` */
export function encodeSnapshotMeta(meta: SnapshotMeta): Uint8Array {
  const { lastIncluded, membership, byteLength, digest } = meta;
  return encodeRow([
    FORMAT_VERSION,
    lastIncluded.term,
    lastIncluded.index,
    storedMembershipToRow(membership),
    byteLength,
    digest,
  ]);
}

/** @throws DecodeError */
export function decodeSnapshotMeta(bytes: Uint8Array): SnapshotMeta {
  const row = decodeRow(bytes, stateMachineLimits.snapshotMetaBytesMax);
  row.integer("version", FORMAT_VERSION, FORMAT_VERSION);
  const meta = {
    lastIncluded: { term: row.integer("term"), index: row.integer("index") },
    membership: readMembership(row.row("membership")),
    byteLength: row.integer("byteLength"),
    digest: row.fixedBytes("digest", BLAKE3_BYTES),
  };
  row.end();
  return meta;
}

export function isSameSnapshot(left: SnapshotMeta, right: SnapshotMeta): boolean {
  const leftBytes = encodeSnapshotMeta(left);
  const rightBytes = encodeSnapshotMeta(right);
  return (
    leftBytes.byteLength === rightBytes.byteLength && leftBytes.every((byte, position) => byte === rightBytes[position])
  );
}
