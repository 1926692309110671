/**
 * A local cluster on disk: `cluster.json` (which nodes, which ports), `cluster.secret`, `ticket`, and a data directory
 * for each node, named after its id.
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AspenError, isNodeId, type NodeId } from "@aspenjs/api";
import { limits } from "../limits.ts";
import { nodeIdText } from "../node-id-text.ts";
import { isMissingFile, readSmallFile } from "../small-file.ts";
import { TICKET_FILE_NAME } from "../ticket-source.ts";

/** One node as the plan of the cluster names it. Its port never changes: the other nodes know it by that. */
export interface PlannedNode {
  readonly nodeId: NodeId;
  readonly port: number;
}

const PRIVATE_MODE = 0o600;
const PRIVATE_DIRECTORY_MODE = 0o700;

export class ClusterDirectory {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get secretPath(): string {
    return join(this.root, "cluster.secret");
  }

  get ticketPath(): string {
    return join(this.root, TICKET_FILE_NAME);
  }

  nodeDirectory(nodeId: NodeId): string {
    return join(this.root, nodeIdText(nodeId));
  }

  nodeFilePath(nodeId: NodeId): string {
    return join(this.nodeDirectory(nodeId), "node.json");
  }

  nodeLogPath(nodeId: NodeId): string {
    return join(this.nodeDirectory(nodeId), "node.log");
  }

  async make(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
  }

  /** `undefined` when no cluster was started here before. @throws AspenError `corrupt` */
  async readPlan(): Promise<readonly PlannedNode[] | undefined> {
    const text = await this.#read(this.#planPath, limits.nodeFileBytesMax);
    if (text === undefined) return undefined;
    const plan = parsePlan(text);
    if (plan === undefined) throw new AspenError("corrupt", `${this.#planPath} is damaged`);
    return plan;
  }

  /** Before any node is started: from then on the directory is this cluster's. */
  async writePlan(plan: readonly PlannedNode[]): Promise<void> {
    const nodes = plan.map(({ nodeId, port }) => ({ nodeId: nodeIdText(nodeId), port }));
    await writePrivate(this.#planPath, `${JSON.stringify({ version: 1, nodes }, undefined, 2)}\n`);
  }

  readTicket(): Promise<string | undefined> {
    return this.#read(this.ticketPath, limits.ticketFileBytesMax);
  }

  async writeTicket(ticket: string): Promise<void> {
    await writePrivate(this.ticketPath, `${ticket}\n`);
  }

  get #planPath(): string {
    return join(this.root, "cluster.json");
  }

  async #read(path: string, bytesMax: number): Promise<string | undefined> {
    try {
      return (await readSmallFile(path, bytesMax)).trim();
    } catch (error) {
      if (isMissingFile(error)) return undefined;
      throw error;
    }
  }
}

async function writePrivate(path: string, text: string): Promise<void> {
  const staged = `${path}.new`;
  await writeFile(staged, text, { mode: PRIVATE_MODE, flush: true });
  await rename(staged, path);
}

function parsePlan(text: string): readonly PlannedNode[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!hasField(value, "version") || value.version !== 1 || !hasField(value, "nodes")) return undefined;
  if (!Array.isArray(value.nodes) || value.nodes.length === 0) return undefined;
  const nodes = value.nodes.map(parsePlannedNode);
  return nodes.every((node) => node !== undefined) ? nodes : undefined;
}

function parsePlannedNode(value: unknown): PlannedNode | undefined {
  if (!hasField(value, "nodeId") || !hasField(value, "port")) return undefined;
  const nodeId = Number(value.nodeId);
  if (!isNodeId(nodeId) || typeof value.port !== "number" || !Number.isInteger(value.port)) return undefined;
  return { nodeId, port: value.port };
}

function hasField<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return typeof value === "object" && value !== null && name in value;
}
