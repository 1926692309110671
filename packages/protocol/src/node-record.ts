import { limits, type NodeRecord } from "@aspenjs/api";
import { readNodeRecord, type RowReader } from "@aspenjs/codec";
import { protocolLimits } from "./limits.ts";

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
