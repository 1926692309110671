import { unreachable, type LogEntry, type Term } from "@aspenjs/api";
import {
  DecodeError,
  decodeRow,
  encodeRow,
  logEntryToRow,
  logIdToRow,
  readLogEntry,
  readLogId,
  type Cell,
  type RowReader,
} from "@aspenjs/codec";
import type { AppendOutcome, Message, MessageKind } from "../core/message.ts";
import { limits } from "./limits.ts";

/**
 * The bytes of `/aspen/raft/1`: each message is one row `[kind, term, …]`. Who sent it, the transport says; a term or
 * an index beyond 2^53 - 1 does not decode.
 */
const KIND_NUMBERS: Readonly<Record<MessageKind, number>> = {
  preVoteRequest: 1,
  preVoteResponse: 2,
  voteRequest: 3,
  voteResponse: 4,
  appendRequest: 5,
  appendResponse: 6,
  heartbeatRequest: 7,
  heartbeatResponse: 8,
  timeoutNowRequest: 9,
  readIndexRequest: 10,
  readIndexResponse: 11,
};

type Reader = (row: RowReader, term: Term) => Message;

const READERS: ReadonlyMap<number, Reader> = new Map(
  Object.entries({
    preVoteRequest: (row, term) => ({
      kind: "preVoteRequest",
      term,
      campaign: row.integer("campaign"),
      last: readLogId(row.row("last")),
    }),
    preVoteResponse: (row, term) => ({
      kind: "preVoteResponse",
      term,
      campaign: row.integer("campaign"),
      isGranted: row.boolean("isGranted"),
    }),
    voteRequest: (row, term) => ({
      kind: "voteRequest",
      term,
      last: readLogId(row.row("last")),
      isTransfer: row.boolean("isTransfer"),
    }),
    voteResponse: (row, term) => ({ kind: "voteResponse", term, isGranted: row.boolean("isGranted") }),
    appendRequest: readAppendRequest,
    appendResponse: (row, term) => ({
      kind: "appendResponse",
      term,
      sequence: row.integer("sequence"),
      round: row.integer("round"),
      outcome: readAppendOutcome(row.row("outcome")),
    }),
    heartbeatRequest: (row, term) => ({
      kind: "heartbeatRequest",
      term,
      committed: row.integer("committed"),
      round: row.integer("round"),
    }),
    heartbeatResponse: (row, term) => ({ kind: "heartbeatResponse", term, round: row.integer("round") }),
    timeoutNowRequest: (_row, term) => ({ kind: "timeoutNowRequest", term }),
    readIndexRequest: (row, term) => ({ kind: "readIndexRequest", term, requestId: row.integer("requestId") }),
    readIndexResponse: (row, term) => ({
      kind: "readIndexResponse",
      term,
      requestId: row.integer("requestId"),
      readIndex: row.optional((cells) => cells.integer("readIndex")),
    }),
  } satisfies Record<MessageKind, Reader>).map(([kind, read]) => [KIND_NUMBERS[kind as MessageKind], read]),
);

export function encodeMessage(message: Message): Uint8Array {
  return encodeRow([KIND_NUMBERS[message.kind], message.term, ...cellsOf(message)]);
}

/** @throws DecodeError */
export function decodeMessage(bytes: Uint8Array): Message {
  const row = decodeRow(bytes, limits.messageBytesMax);
  const kind = row.integer("kind");
  const read = READERS.get(kind);
  if (read === undefined) throw new DecodeError(`message kind ${kind} is not known`);
  const message = read(row, row.integer("term"));
  row.end();
  return message;
}

function cellsOf(message: Message): readonly Cell[] {
  switch (message.kind) {
    case "preVoteRequest":
      return [message.campaign, logIdToRow(message.last)];
    case "preVoteResponse":
      return [message.campaign, message.isGranted];
    case "voteRequest":
      return [logIdToRow(message.last), message.isTransfer];
    case "voteResponse":
      return [message.isGranted];
    case "appendRequest":
      return [
        message.sequence,
        logIdToRow(message.previous),
        message.committed,
        message.round,
        message.entries.map(logEntryToRow),
      ];
    case "appendResponse":
      return [message.sequence, message.round, outcomeCells(message.outcome)];
    case "heartbeatRequest":
      return [message.committed, message.round];
    case "heartbeatResponse":
      return [message.round];
    case "timeoutNowRequest":
      return [];
    case "readIndexRequest":
      return [message.requestId];
    case "readIndexResponse":
      return [message.requestId, message.readIndex ?? null];
    default:
      return unreachable(message);
  }
}

function readAppendRequest(row: RowReader, term: Term): Message {
  const sequence = row.integer("sequence");
  const previous = readLogId(row.row("previous"));
  const committed = row.integer("committed");
  const round = row.integer("round");
  const entries = row.list("entries", limits.messageEntriesMax, (items) => readLogEntry(items.row("entry")));
  assertContiguous(entries, previous.index, term);
  return { kind: "appendRequest", term, sequence, previous, entries, committed, round };
}

/** The core trusts what it is given: entries that do not follow each other end here. */
function assertContiguous(entries: readonly LogEntry[], previousIndex: number, term: Term): void {
  let before = { term: 0, index: previousIndex };
  for (const entry of entries) {
    const isNext = entry.index === before.index + 1 && entry.term >= before.term && entry.term <= term;
    if (!isNext) throw new DecodeError(`entry ${entry.index} does not follow ${before.index}`);
    before = entry;
  }
}

const OUTCOME_MATCHED = 0;
const OUTCOME_CONFLICT = 1;

function outcomeCells(outcome: AppendOutcome): readonly Cell[] {
  if (outcome.kind === "matched") return [OUTCOME_MATCHED, outcome.index];
  return [OUTCOME_CONFLICT, outcome.previousIndex, logIdToRow(outcome.hint)];
}

function readAppendOutcome(row: RowReader): AppendOutcome {
  const kind = row.integer("kind", OUTCOME_MATCHED, OUTCOME_CONFLICT);
  const outcome: AppendOutcome =
    kind === OUTCOME_MATCHED
      ? { kind: "matched", index: row.integer("index") }
      : { kind: "conflict", previousIndex: row.integer("previousIndex"), hint: readLogId(row.row("hint")) };
  row.end();
  return outcome;
}
