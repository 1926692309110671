import { isNodeId, type NodeId } from "@aspenjs/api";
import { UsageError } from "./usage-error.ts";

/** @throws UsageError */
export function parseNodeId(text: string): NodeId {
  const nodeId = Number(text);
  if (/^\d+$/.test(text) && isNodeId(nodeId)) return nodeId;
  throw new UsageError(`"${text}" is no node id; ids are integers from 1 to 2^53 - 1`);
}

/** `1,2,3`. @throws UsageError */
export function parseNodeIds(text: string): NodeId[] {
  return text.split(",").map((part) => parseNodeId(part.trim()));
}

/** The one text of an id, in every format of output. */
export function nodeIdText(nodeId: NodeId): string {
  return String(nodeId);
}
