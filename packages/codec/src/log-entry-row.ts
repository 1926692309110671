import { unreachable, type EntryPayload, type LogEntry } from "@aspenjs/api";
import { limits } from "./limits.ts";
import { membershipToRow, readMembership } from "./membership-row.ts";
import type { RowReader } from "./row-reader.ts";
import type { Row } from "./cell.ts";

const PAYLOAD_BLANK = 0;
const PAYLOAD_COMMAND = 1;
const PAYLOAD_MEMBERSHIP = 2;

/** `[term, index, payload kind, payload?]`: the same on disk and on the wire. */
export function logEntryToRow(entry: LogEntry): Row {
  const { term, index, payload } = entry;
  switch (payload.kind) {
    case "blank":
      return [term, index, PAYLOAD_BLANK];
    case "command":
      return [term, index, PAYLOAD_COMMAND, payload.command];
    case "membership":
      return [term, index, PAYLOAD_MEMBERSHIP, membershipToRow(payload.membership)];
    default:
      return unreachable(payload);
  }
}

export function readLogEntry(row: RowReader): LogEntry {
  const term = row.integer("term");
  const index = row.integer("index", 1);
  const payload = readPayload(row);
  row.end();
  return { term, index, payload };
}

function readPayload(row: RowReader): EntryPayload {
  const kind = row.integer("payload kind", PAYLOAD_BLANK, PAYLOAD_MEMBERSHIP);
  if (kind === PAYLOAD_BLANK) return { kind: "blank" };
  if (kind === PAYLOAD_COMMAND) return { kind: "command", command: row.bytes("command", limits.commandBytesMax) };
  return { kind: "membership", membership: readMembership(row.row("membership")) };
}
