import { assert } from "@aspenjs/api";
import type { RowReader } from "@aspenjs/codec";

/** Everything a client may ask. The position is the number on the wire: a new kind goes to the end. */
export const REQUEST_KINDS = [
  "hello",
  "write",
  "openSession",
  "closeSession",
  "get",
  "scan",
  "init",
  "addLearner",
  "promoteLearner",
  "changeMembership",
  "removeNode",
  "transferLeadership",
  "currentState",
  "getMetrics",
  "triggerSnapshot",
  "getLeader",
  "issueTicket",
  "joinTicket",
  "getMulti",
  "keepLeaseAlive",
  "getLease",
  "listLeases",
  "query",
] as const;

export type RequestKind = (typeof REQUEST_KINDS)[number];

const NUMBERS: ReadonlyMap<RequestKind, number> = new Map(REQUEST_KINDS.map((kind, number) => [kind, number]));

export function requestKindNumber(kind: RequestKind): number {
  const number = NUMBERS.get(kind);
  assert(number !== undefined, "every kind has its number");
  return number;
}

/** @throws DecodeError */
export function readRequestKind(row: RowReader): RequestKind {
  const kind = REQUEST_KINDS[row.integer("kind", 0, REQUEST_KINDS.length - 1)];
  assert(kind !== undefined, "every number in range has its kind");
  return kind;
}
