import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyValueEntry, NodeId } from "@aspenjs/api";
import { connectClient, type AspenClient } from "@aspenjs/client";
import { clusterIdOf, readOrCreateSecretFile } from "@aspenjs/cluster/default";
import { encodeClientTicket, type ClusterSecret } from "@aspenjs/protocol";
import { createLibp2pTransport, createSystemClock, createSystemRandom } from "@aspenjs/transport/libp2p";
import { NodeProcess } from "./node-process.ts";

export { NodeProcess } from "./node-process.ts";

const OPEN_GATE = { mayConnect: () => true, mayUse: () => true };
const POLL_MS = 25;

export interface ClientOptions {
  readonly endpoint?: string;
  readonly deadlineMs?: number;
}

/** A cluster of real processes over libp2p on loopback, with its data in a temporary folder. */
export class ProcessCluster {
  readonly directory: string;
  readonly nodes = new Map<NodeId, NodeProcess>();
  readonly #secret: ClusterSecret;
  readonly #secretFile: string;
  readonly #clients = new Set<AspenClient>();

  private constructor(directory: string, secretFile: string, secret: ClusterSecret) {
    this.directory = directory;
    this.#secretFile = secretFile;
    this.#secret = secret;
  }

  static async create(): Promise<ProcessCluster> {
    const directory = await mkdtemp(join(tmpdir(), "aspen-e2e-"));
    const secretFile = join(directory, "cluster.secret");
    const secret = await readOrCreateSecretFile(secretFile, createSystemRandom());
    return new ProcessCluster(directory, secretFile, secret);
  }

  /** Starts nodes 1 to `count` and makes a cluster of them. */
  static async form(
    count: number,
    flags: readonly string[] = [],
    engineFlags: readonly string[] = [],
  ): Promise<ProcessCluster> {
    const cluster = await ProcessCluster.create();
    const nodeIds = Array.from({ length: count }, (_, position) => position + 1);
    await Promise.all(nodeIds.map((nodeId) => cluster.startNode(nodeId, flags, engineFlags)));
    const client = await cluster.connect({ endpoint: cluster.node(1).address, deadlineMs: 60_000 });
    await client.cluster.init(nodeIds.map((nodeId) => cluster.node(nodeId).record));
    await cluster.disconnect(client);
    return cluster;
  }

  get secretFile(): string {
    return this.#secretFile;
  }

  get secret(): ClusterSecret {
    return this.#secret;
  }

  get clusterId(): string {
    return clusterIdOf(this.#secret);
  }

  async startNode(
    nodeId: NodeId,
    flags: readonly string[] = [],
    engineFlags: readonly string[] = [],
  ): Promise<NodeProcess> {
    const dataDirectory = join(this.directory, String(nodeId));
    const node = new NodeProcess({ nodeId, dataDirectory, secretFile: this.#secretFile, flags, engineFlags });
    this.nodes.set(nodeId, node);
    await node.start();
    return node;
  }

  node(nodeId: NodeId): NodeProcess {
    const node = this.nodes.get(nodeId);
    if (node === undefined) throw new Error(`there is no node ${nodeId}`);
    return node;
  }

  /** An administrator's ticket, written with the secret itself. */
  ticket(): string {
    const addresses = [...this.nodes.values()].map((node) => node.address).slice(0, 16);
    return encodeClientTicket(
      {
        id: "00".repeat(16),
        clusterId: this.clusterId,
        addresses,
        access: "admin",
        keyPrefixes: [],
        expiresAtMs: undefined,
      },
      this.#secret.ticketKey(),
    );
  }

  async connect(options: ClientOptions = {}): Promise<AspenClient> {
    const transport = await createLibp2pTransport({ listen: [], gate: OPEN_GATE });
    await transport.start();
    const client = await connectClient({
      ticket: this.ticket(),
      transport,
      ownsTransport: true,
      clock: createSystemClock(),
      random: createSystemRandom(),
      ...options,
    });
    this.#clients.add(client);
    return client;
  }

  async disconnect(client: AspenClient): Promise<void> {
    this.#clients.delete(client);
    await client.close();
  }

  /** Every entry as one node has it: asked alone, it answers once it has applied whatever was acknowledged before. */
  async entriesAt(nodeId: NodeId): Promise<readonly KeyValueEntry[]> {
    const client = await this.connect({ endpoint: this.node(nodeId).address, deadlineMs: 60_000 });
    const entries: KeyValueEntry[] = [];
    let continuation: string | undefined;
    do {
      const page = await client.store.scan({
        range: { kind: "prefix", prefix: "" },
        limit: 5_000,
        ...(continuation === undefined ? {} : { continuation }),
      });
      entries.push(...page.entries);
      continuation = page.continuation;
    } while (continuation !== undefined);
    await this.disconnect(client);
    return entries;
  }

  /** Asks through `client` until a voter leads, and is up: one that was removed is still named for a moment. */
  async leader(client: AspenClient, withinMs = 60_000): Promise<NodeProcess> {
    const endMs = performance.now() + withinMs;
    for (;;) {
      const state = await client.cluster.currentState({ deadlineMs: 2_000 }).catch(() => undefined);
      const leader = state?.membership.voters.find((nodeId) => nodeId === state.leader);
      const node = leader === undefined ? undefined : this.nodes.get(leader);
      if (node?.isRunning === true) return node;
      if (performance.now() > endMs) throw new Error(`no leader within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.close().catch(() => {})));
    await Promise.all([...this.nodes.values()].map((node) => node.kill()));
    await rm(this.directory, { recursive: true, force: true });
  }
}
