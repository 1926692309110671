import type { LogIndex, SnapshotMeta, Term } from "@aspenjs/api";
import {
  decodeRow,
  encodeRow,
  logIdToRow,
  readLogId,
  readStoredMembership,
  storedMembershipToRow,
} from "@aspenjs/codec";

/**
 * The bytes of `/aspen/snapshot/1`. The leader opens a stream with an offer; the follower answers where to begin, or
 * that it wants nothing; chunks follow; at the end the follower says what came of it.
 */
export interface SnapshotOffer {
  readonly term: Term;
  readonly meta: SnapshotMeta;
}

export interface SnapshotAnswer {
  readonly term: Term;
  /** Bytes that are there already; `undefined` when the snapshot is not wanted. */
  readonly offset: number | undefined;
  /** What the follower holds without it. */
  readonly matched: LogIndex;
}

export interface SnapshotReport {
  readonly isInstalled: boolean;
  readonly matched: LogIndex;
  /** Why not, for the leader's log; empty when installed. */
  readonly reason: string;
}

const OFFER_BYTES_MAX = 64 * 1024;
const ANSWER_BYTES_MAX = 1_024;
const REASON_BYTES_MAX = 512;
const DIGEST_BYTES = 32;

export function encodeOffer({ term, meta }: SnapshotOffer): Uint8Array {
  const { lastIncluded, membership, byteLength, digest } = meta;
  return encodeRow([term, logIdToRow(lastIncluded), storedMembershipToRow(membership), byteLength, digest]);
}

export function decodeOffer(bytes: Uint8Array): SnapshotOffer {
  const row = decodeRow(bytes, OFFER_BYTES_MAX);
  const term = row.integer("term");
  const meta: SnapshotMeta = {
    lastIncluded: readLogId(row.row("lastIncluded")),
    membership: readStoredMembership(row.row("membership")),
    byteLength: row.integer("byteLength"),
    digest: row.fixedBytes("digest", DIGEST_BYTES),
  };
  row.end();
  return { term, meta };
}

export function encodeAnswer(answer: SnapshotAnswer): Uint8Array {
  return encodeRow([answer.term, answer.offset ?? null, answer.matched]);
}

export function decodeAnswer(bytes: Uint8Array): SnapshotAnswer {
  const row = decodeRow(bytes, ANSWER_BYTES_MAX);
  const answer = {
    term: row.integer("term"),
    offset: row.optional((cells) => cells.integer("offset")),
    matched: row.integer("matched"),
  };
  row.end();
  return answer;
}

export function encodeReport(report: SnapshotReport): Uint8Array {
  return encodeRow([report.isInstalled, report.matched, report.reason.slice(0, REASON_BYTES_MAX / 4)]);
}

export function decodeReport(bytes: Uint8Array): SnapshotReport {
  const row = decodeRow(bytes, ANSWER_BYTES_MAX);
  const report = {
    isInstalled: row.boolean("isInstalled"),
    matched: row.integer("matched"),
    reason: row.text("reason", REASON_BYTES_MAX),
  };
  row.end();
  return report;
}
