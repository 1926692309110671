import type { LeaderInfo } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";
import { readAddresses } from "./node-record.ts";

export function leaderInfoRow(leader: LeaderInfo): Row {
  return [leader.nodeId, leader.addresses];
}

/** Reads the row to its end. @throws DecodeError */
export function readLeaderInfo(row: RowReader): LeaderInfo {
  const leader = { nodeId: row.integer("nodeId", 1), addresses: readAddresses(row) };
  row.end();
  return leader;
}
