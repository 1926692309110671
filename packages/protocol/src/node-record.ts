import { limits, type NodeRecord } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";
import { protocolLimits } from "./limits.ts";

export function nodeRecordRow(record: NodeRecord): Row {
  return [record.nodeId, record.peerId, record.addresses];
}

/** Reads the row to its end. @throws DecodeError */
export function readNodeRecord(row: RowReader): NodeRecord {
  const record = { nodeId: row.integer("nodeId", 1), peerId: readPeerId(row), addresses: readAddresses(row) };
  row.end();
  return record;
}

export function readNodeRecords(row: RowReader, name: string): NodeRecord[] {
  return row.list(name, limits.peersMax, (items) => readNodeRecord(items.row("node")));
}

export function readNodeIds(row: RowReader, name: string): number[] {
  return row.list(name, limits.peersMax, (items) => items.integer("nodeId", 1));
}

export function readAddresses(row: RowReader): string[] {
  return row.list("addresses", limits.nodeAddressesMax, (items) => items.text("address", limits.addressBytesMax));
}

export function readPeerId(row: RowReader): string {
  return row.text("peerId", protocolLimits.peerIdBytesMax);
}

export function readClusterId(row: RowReader): string {
  return row.text("clusterId", protocolLimits.clusterIdBytesMax);
}
