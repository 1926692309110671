import { assert, type LogFields, type Logger, type NodeId, type NodeRecord } from "@aspenjs/api";
import { connectClient, type AspenClient } from "@aspenjs/client";
import { createMemoryLogStore, MemoryDisk } from "@aspenjs/log-store/memory";
import { ClusterSecret, encodeClientTicket, type ClientTicket } from "@aspenjs/protocol";
import { createMemoryStateMachine, MemoryStateDisk } from "@aspenjs/state-machine/memory";
import { createSystemClock, createSystemRandom } from "@aspenjs/transport/libp2p";
import { createMemoryNetwork, type MemoryNetwork } from "@aspenjs/transport/memory";
import { createAspenNode, type AspenNode } from "../src/aspen-node.ts";
import { clusterIdOf } from "../src/default/cluster-id.ts";
import type { NodeConfig } from "../src/node-config.ts";
import type { IdentityStore } from "../src/node-identity.ts";
import { PeerDirectory } from "../src/peer-directory.ts";

/** What outlives a process. */
interface NodeDisks {
  readonly log: MemoryDisk;
  readonly state: MemoryStateDisk;
  readonly identityStore: IdentityStore;
}

export interface NodeOverrides {
  readonly secret?: ClusterSecret;
  readonly peerId?: string;
  readonly config?: Partial<NodeConfig>;
  /** Of an earlier node with this peer id. */
  readonly keepsDisks?: boolean;
}

const OPEN_GATE = { mayConnect: () => true, mayUse: () => true };
const FAST: Partial<NodeConfig> = { heartbeatMs: 50, electionMsMin: 400, electionMsMax: 800, failoverMsMax: 60 };

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Whole nodes and real clients over memory ports, in real time, with the timeouts of an impatient cluster. */
export class MemoryCluster {
  readonly clock = createSystemClock();
  readonly random = createSystemRandom();
  readonly secret = ClusterSecret.generate(this.random);
  readonly network: MemoryNetwork = createMemoryNetwork({ clock: this.clock, random: this.random });
  readonly nodes = new Map<NodeId, AspenNode>();
  readonly lines: LogLine[] = [];
  readonly #clients: AspenClient[] = [];
  /** With those whose place in `nodes` another one took. */
  readonly #started: AspenNode[] = [];
  readonly #disks = new Map<string, NodeDisks>();
  #clientCount = 0;

  async startNode(nodeId: NodeId, overrides: NodeOverrides = {}): Promise<AspenNode> {
    const peerId = overrides.peerId ?? `peer-${nodeId}`;
    const secret = overrides.secret ?? this.secret;
    const directory = new PeerDirectory();
    const disks = this.#disksOf(nodeId, peerId, secret, overrides.keepsDisks ?? false);
    const opened = await createMemoryLogStore({ storeId: peerId, disk: disks.log });
    assert(opened.kind === "opened", "a memory log store opens");
    const created = await createAspenNode(
      {
        transport: this.network.createTransport(peerId, { gate: directory }),
        directory,
        logStore: opened.store,
        stateMachine: createMemoryStateMachine({ disk: disks.state }),
        identityStore: disks.identityStore,
        secret,
        clock: this.clock,
        random: this.random,
        logger: this.#logger({}),
      },
      { ...FAST, ...overrides.config },
    );
    assert(created.kind === "created", "a node is created");
    await created.node.start();
    this.nodes.set(nodeId, created.node);
    this.#started.push(created.node);
    return created.node;
  }

  /** Stops the node in good order, and starts it with what it had. */
  async restartNode(nodeId: NodeId, overrides: NodeOverrides = {}): Promise<AspenNode> {
    await this.node(nodeId).stop();
    return this.startNode(nodeId, { ...overrides, keepsDisks: true });
  }

  async form(...nodeIds: readonly NodeId[]): Promise<void> {
    for (const nodeId of nodeIds) await this.startNode(nodeId);
    await this.node(nodeIds[0] ?? 0).controller.init(this.records(nodeIds));
  }

  node(nodeId: NodeId): AspenNode {
    const node = this.nodes.get(nodeId);
    assert(node !== undefined, `node ${nodeId} runs`);
    return node;
  }

  records(nodeIds: readonly NodeId[]): readonly NodeRecord[] {
    return nodeIds.map((nodeId) => this.node(nodeId).record);
  }

  ticket(overrides: Partial<ClientTicket> = {}): string {
    const addresses = [...this.nodes.values()].flatMap((node) => node.addresses).slice(0, 16);
    const ticket: ClientTicket = {
      id: "11".repeat(16),
      clusterId: clusterIdOf(this.secret),
      addresses,
      access: "admin",
      keyPrefixes: [],
      expiresAtMs: undefined,
      ...overrides,
    };
    return encodeClientTicket(ticket, this.secret.ticketKey());
  }

  async connect(ticket = this.ticket(), endpoint?: string): Promise<AspenClient> {
    this.#clientCount += 1;
    const transport = this.network.createTransport(`client-${this.#clientCount}`, { gate: OPEN_GATE });
    await transport.start();
    const client = await connectClient({
      ticket,
      transport,
      ownsTransport: true,
      clock: this.clock,
      random: this.random,
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await Promise.all(this.#started.map((node) => node.stop()));
  }

  #disksOf(nodeId: NodeId, peerId: string, secret: ClusterSecret, isKept: boolean): NodeDisks {
    const before = this.#disks.get(peerId);
    if (isKept && before !== undefined) return before;
    const identityStore = createIdentityStore(nodeId, peerId, clusterIdOf(secret));
    const disks = { log: new MemoryDisk(), state: new MemoryStateDisk(), identityStore };
    this.#disks.set(peerId, disks);
    return disks;
  }

  #logger(fields: LogFields): Logger {
    return {
      log: (level, message, more) => void this.lines.push({ level, message, fields: { ...fields, ...more } }),
      child: (more) => this.#logger({ ...fields, ...more }),
    };
  }
}

function createIdentityStore(nodeId: NodeId, peerId: string, clusterId: string): IdentityStore {
  let founding: string | undefined;
  return {
    identity: { nodeId, peerId, storeId: peerId, clusterId },
    get founding() {
      return founding;
    },
    // It takes a while, as on a disk, and what is on its way to it cannot be read yet.
    recordFounding: async (digest) => {
      await new Promise((resolve) => setImmediate(resolve));
      founding = digest;
    },
  };
}
