import { AspenError, assertNodeRecord, type NodeRecord } from "@aspenjs/api";
import { limits } from "./limits.ts";
import { parseNodeId } from "./node-id-text.ts";
import { isMissingFile, readSmallFile } from "./small-file.ts";
import { UsageError } from "./usage-error.ts";

/**
 * `ID=PEERID@ADDRESS`, further addresses behind commas.
 * @throws UsageError
 */
export function parseMember(text: string): NodeRecord {
  const [, id = "", peerId = "", addresses = ""] = /^([^=]+)=([^@]+)@(.+)$/.exec(text) ?? [];
  if (id === "") throw new UsageError(`"${text}" is no member; write ID=PEERID@ADDRESS`);
  return checked({ nodeId: parseNodeId(id), peerId, addresses: addresses.split(",") });
}

/** What `aspen-node` writes into its data directory when it listens. */
export interface NodeFile extends NodeRecord {
  readonly clusterId: string;
  readonly pid: number;
}

/** `undefined` for text that is no `node.json`. */
export function parseNodeFile(text: string): NodeFile | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // A file that is being written is no file yet.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [nodeId, peerId, clusterId, addresses, pid] = ["nodeId", "peerId", "clusterId", "addresses", "pid"].map(
    (name) => fields.get(name),
  );
  if (typeof nodeId !== "string" || typeof peerId !== "string" || typeof clusterId !== "string") return undefined;
  if (!isTexts(addresses) || typeof pid !== "number") return undefined;
  return { nodeId: Number(nodeId), peerId, clusterId, addresses, pid };
}

/** @throws UsageError when the file is missing or something else */
export async function readNodeFile(path: string): Promise<NodeFile> {
  let text: string;
  try {
    text = await readSmallFile(path, limits.nodeFileBytesMax);
  } catch (error) {
    if (isMissingFile(error)) throw new UsageError(`there is no node file ${path}; a node writes it when it listens`);
    throw error;
  }
  const file = parseNodeFile(text);
  if (file === undefined) throw new UsageError(`${path} is no node.json of a node`);
  checked(file);
  return file;
}

/** The record alone, without what else the file says. */
export function recordOf({ nodeId, peerId, addresses }: NodeRecord): NodeRecord {
  return { nodeId, peerId, addresses };
}

function checked(record: NodeRecord): NodeRecord {
  try {
    assertNodeRecord(record);
  } catch (error) {
    if (error instanceof AspenError) throw new UsageError(error.message);
    throw error;
  }
  return record;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
