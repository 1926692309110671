import { createSecretKey } from "node:crypto";
import { AspenError, assert, type LogEntry, type LogIndex, type NodeId, type NodeRecord } from "@aspenjs/api";
import { connectClient, type AspenClient } from "@aspenjs/client";
import {
  decodeClientCall,
  encodeClientAnswer,
  encodeClientTicket,
  encodeLogCommand,
  PROTOCOL_IDS,
  type LogAction,
} from "@aspenjs/protocol";
import type { CommittedRead } from "@aspenjs/raft";
import { createMemoryNetwork, type MemoryNetwork } from "@aspenjs/transport/memory";
import { createSeededRandom, createVirtualClock } from "@aspenjs/transport/testing";
import { LogFeed } from "../src/log-feed.ts";
import { LogService } from "../src/log-service.ts";

const OPEN_GATE = { mayConnect: () => true, mayUse: () => true };
const SILENT = { log: () => {}, child: () => SILENT };
/** Small pages, so that a few entries are many of them. */
const PAGE_ENTRIES = 3;

/** A node that has some of the log and no consensus. */
export class TellingNode {
  readonly record: NodeRecord;
  readonly feed: LogFeed;
  purged: LogIndex = 0;
  applied: LogIndex = 0;
  hasLeader = true;
  /** What the ticket of whoever asks reaches; every page asks. */
  authorize: (keyPrefixes: readonly string[]) => readonly string[] = (keyPrefixes) => keyPrefixes;
  /** Last index of what was read, and how often. */
  readonly reads: LogIndex[] = [];
  readonly #log: readonly LogEntry[];

  constructor(log: readonly LogEntry[], record: NodeRecord) {
    this.#log = log;
    this.record = record;
    this.feed = new LogFeed({ readCommitted: (fromIndex) => this.#read(fromIndex) });
  }

  /** @returns nothing; whoever waits is woken */
  applyThrough(index: LogIndex): void {
    this.applied = Math.max(this.applied, Math.min(index, this.#log.length));
    this.feed.noteApplied();
  }

  purgeThrough(index: LogIndex): void {
    this.purged = Math.max(this.purged, Math.min(index, this.applied));
  }

  #read(fromIndex: LogIndex): CommittedRead {
    if (fromIndex <= this.purged) return { kind: "compacted", firstIndex: this.purged + 1 };
    const end = Math.min(this.applied, fromIndex - 1 + PAGE_ENTRIES);
    this.reads.push(end);
    return { kind: "entries", entries: this.#log.slice(fromIndex - 1, end) };
  }
}

/** Nodes that tell one log, each as far as it has it, to real clients over a memory network, in virtual time. */
export class ToldLog {
  readonly clock = createVirtualClock();
  readonly random = createSeededRandom(1);
  readonly network: MemoryNetwork;
  readonly entries: LogEntry[] = [];
  readonly nodes: TellingNode[] = [];

  constructor() {
    this.network = createMemoryNetwork({ clock: this.clock, random: this.random });
    this.network.setDelay({ kind: "fixed", ms: 1 });
  }

  async start(nodeCount: number): Promise<this> {
    for (let nodeId = 1; nodeId <= nodeCount; nodeId += 1) await this.#startNode(nodeId);
    return this;
  }

  commit(action: LogAction): LogIndex {
    const index = this.entries.length + 1;
    this.entries.push({
      index,
      term: 1,
      payload: { kind: "command", command: encodeLogCommand({ logTimeMs: 0, action }) },
    });
    return index;
  }

  node(nodeId: NodeId): TellingNode {
    const node = this.nodes[nodeId - 1];
    assert(node !== undefined, `node ${nodeId} is there`);
    return node;
  }

  /** Its streams and connections break; it can be reached at once again. */
  reset(nodeId: NodeId): void {
    this.network.resetConnections(this.node(nodeId).record.peerId);
  }

  async connect(): Promise<AspenClient> {
    const transport = this.network.createTransport("client", { gate: OPEN_GATE });
    const ticket = encodeClientTicket(
      {
        id: "00".repeat(16),
        clusterId: "told",
        addresses: this.nodes.flatMap(({ record }) => record.addresses),
        access: "read",
        keyPrefixes: [],
        expiresAtMs: undefined,
      },
      createSecretKey(new Uint8Array(32)),
    );
    const { clock, random } = this;
    await clock.settle(transport.start());
    return clock.settle(connectClient({ ticket, transport, clock, random, ownsTransport: true }));
  }

  async #startNode(nodeId: NodeId): Promise<void> {
    const peerId = `peer-${nodeId}`;
    const transport = this.network.createTransport(peerId, { gate: OPEN_GATE });
    const node = new TellingNode(this.entries, { nodeId, peerId, addresses: [this.network.addressOf(peerId)] });
    transport.handle(PROTOCOL_IDS.client, {
      onRequest: async ({ body }) => {
        const { request } = decodeClientCall(body);
        if (request.kind !== "hello") throw new AspenError("unsupported", "only the log is told here");
        const nodes = this.nodes.map(({ record }) => record);
        return encodeClientAnswer("hello", { clusterId: "told", nodeId, leader: 1, nodes });
      },
    });
    new LogService({
      transport,
      feed: node.feed,
      clock: this.clock,
      logger: SILENT,
      authorize: (_peerId, keyPrefixes) => node.authorize(keyPrefixes),
      freshIndex: async () => node.applied,
      committedIndex: () => this.entries.length,
      hasLeader: () => node.hasLeader,
    });
    await this.clock.settle(transport.start());
    this.nodes.push(node);
  }
}
