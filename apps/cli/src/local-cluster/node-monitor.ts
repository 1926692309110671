import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { AspenError, type NodeId, type NodeMetrics } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { Host } from "../host.ts";
import { limits } from "../limits.ts";
import type { NodeProcess } from "./node-process.ts";

export interface NodeReading {
  readonly metrics: NodeMetrics | undefined;
  /** Resident memory of its process, where the system tells. */
  readonly residentBytes: number | undefined;
}

type MonitoredNode = Pick<NodeProcess, "nodeId" | "address" | "state">;

const UNKNOWN: NodeReading = { metrics: undefined, residentBytes: undefined };
const KIB = 1_024;

/** Asks every node by itself how it is, again and again. */
export class NodeMonitor {
  readonly #host: Host;
  readonly #ticket: string;
  readonly #nodes: readonly MonitoredNode[];
  readonly #onRound: () => void;
  readonly #clients = new Map<NodeId, AspenClient>();
  readonly #readings = new Map<NodeId, NodeReading>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(host: Host, ticket: string, nodes: readonly MonitoredNode[], onRound: () => void) {
    this.#host = host;
    this.#ticket = ticket;
    this.#nodes = nodes;
    this.#onRound = onRound;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }

  reading(nodeId: NodeId): NodeReading {
    return this.#readings.get(nodeId) ?? UNKNOWN;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await Promise.all(
        this.#nodes.map(async (node) => {
          this.#readings.set(node.nodeId, await this.#read(node));
        }),
      );
      this.#onRound();
      await delay(limits.upStatusPollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #read(node: MonitoredNode): Promise<NodeReading> {
    // Taken once: the process may die between two questions, and then the state is another one.
    const { state } = node;
    if (state.kind !== "running") return UNKNOWN;
    const residentBytes = await residentBytesOf(state.pid);
    try {
      const client = await this.#client(node.nodeId, state.file.addresses[0] ?? node.address);
      const metrics = await client.cluster.getMetrics({ deadlineMs: limits.upStatusPollMs });
      return { metrics, residentBytes };
    } catch (error) {
      if (error instanceof AspenError) return { metrics: undefined, residentBytes };
      throw error;
    }
  }

  /** It finds its way back to a node that was started again: a node keeps its address. */
  async #client(nodeId: NodeId, endpoint: string): Promise<AspenClient> {
    const present = this.#clients.get(nodeId);
    if (present !== undefined) return present;
    const client = await this.#host.connect({ ticket: this.#ticket, endpoint, deadlineMs: limits.upStatusPollMs });
    this.#clients.set(nodeId, client);
    return client;
  }
}

/** Linux tells; elsewhere it would take another process to ask. */
async function residentBytesOf(pid: number): Promise<number | undefined> {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) * KIB;
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
