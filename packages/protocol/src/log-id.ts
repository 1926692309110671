import type { LogId } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";

export function logIdRow(logId: LogId): Row {
  return [logId.term, logId.index];
}

/** Reads the row to its end. @throws DecodeError */
export function readLogId(row: RowReader): LogId {
  const logId = { term: row.integer("term"), index: row.integer("index") };
  row.end();
  return logId;
}
