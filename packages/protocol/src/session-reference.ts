import { assert } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";

/** Which write of which client session this is. */
export interface SessionReference {
  /** Log index of the entry that opened the session. */
  readonly sessionId: number;
  /** The client's own number for this write, from 1 on. The same in every retry. */
  readonly sequence: number;
  /** The client has the result of every write up to this one and will not ask for them again. */
  readonly acknowledgedThrough: number;
}

/** `[sessionId, sequence, acknowledgedThrough]` */
export function sessionReferenceRow(session: SessionReference): Row {
  assert(Number.isSafeInteger(session.sessionId) && session.sessionId >= 1, "a session id is a log index");
  assert(Number.isSafeInteger(session.sequence) && session.sequence >= 1, "sequence numbers start at 1");
  assert(Number.isSafeInteger(session.acknowledgedThrough), "acknowledgedThrough is a safe integer");
  assert(session.acknowledgedThrough >= 0, "acknowledgedThrough is not negative");
  return [session.sessionId, session.sequence, session.acknowledgedThrough];
}

/** Reads the row to its end. @throws DecodeError */
export function readSessionReference(row: RowReader): SessionReference {
  const session = {
    sessionId: row.integer("sessionId", 1),
    sequence: row.integer("sequence", 1),
    acknowledgedThrough: row.integer("acknowledgedThrough"),
  };
  row.end();
  return session;
}
