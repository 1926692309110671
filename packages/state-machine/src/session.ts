import { crc32 } from "node:zlib";

/** The first result of one write of a session, kept until the client says that it has it. */
export interface SessionResult {
  readonly sequence: number;
  /** Tells a retry from another command that took the same number. */
  readonly digest: number;
  /** All of this as bytes, result included: encoded once, though its session is stored with every batch. */
  readonly row: Uint8Array;
}

/** One client session as it is stored; what is true of it does not depend on the backend. */
export interface SavedSession {
  /** Log index of the entry that opened it. */
  readonly sessionId: number;
  /** Log time of the last command that named it. */
  readonly lastUsedMs: number;
  readonly acknowledgedThrough: number;
  /** In the order of their numbers. */
  readonly results: readonly SessionResult[];
}

const CRC32_RANGE = 2 ** 32;
const LENGTH_RANGE = 2 ** 21;

/** CRC-32 and length of the action's bytes in one safe integer. Enough against mistakes; clients are authorised. */
export function actionDigest(actionBytes: Uint8Array): number {
  return (actionBytes.byteLength % LENGTH_RANGE) * CRC32_RANGE + crc32(actionBytes);
}
