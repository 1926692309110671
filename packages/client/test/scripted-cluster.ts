import {
  AspenError,
  type ClusterState,
  type IncomingRequest,
  type NodeId,
  type NodeRecord,
  type PeerId,
  type Transport,
  type TransportStream,
} from "@aspenjs/api";
import {
  ClusterSecret,
  decodeClientCall,
  encodeClientAnswer,
  encodeClientTicket,
  notLeaderError,
  PROTOCOL_IDS,
  ticketError,
  verifyClientTicket,
  type ClientCall,
  type ClientRequest,
  type ClientTicket,
} from "@aspenjs/protocol";
import { createMemoryNetwork, type MemoryNetwork } from "@aspenjs/transport/memory";
import { connectClient, type AspenClient, type ConnectClientOptions } from "../src/index.ts";
import { ReplicatedLog } from "./replicated-log.ts";
import { SeededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What a request meets at its node. Steps run in the order of the fields. */
export interface Fault {
  /** Answer this instead of doing anything. */
  readonly refuse?: AspenError;
  /** Do it, then lose the connection before the answer leaves. */
  readonly loseAnswer?: boolean;
  /** Do it twice, as if a copy had been delayed on its way. */
  readonly repeat?: boolean;
  /** Do it, and never answer. */
  readonly stayingSilent?: boolean;
  /** Answer so much later. */
  readonly delayMs?: number;
}

/** A request as a node saw it. */
export interface SeenRequest {
  readonly nodeId: NodeId;
  readonly atMs: number;
  readonly call: ClientCall;
}

interface ScriptedNode {
  readonly record: NodeRecord;
  readonly transport: Transport;
  readonly greeted: Map<PeerId, ClientTicket>;
}

const CLUSTER_ID = "scripted";
const secret = ClusterSecret.fromBytes(new Uint8Array(32).fill(3));
const OPEN_GATE = { mayConnect: () => true, mayUse: () => true };

/** Nodes on a memory network that agree without consensus, and do to requests what the test's script says. */
export class ScriptedCluster {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly network: MemoryNetwork;
  readonly log = new ReplicatedLog();
  readonly seen: SeenRequest[] = [];
  readonly nodes = new Map<NodeId, ScriptedNode>();
  leader: NodeId | undefined = 1;
  clusterId: string | undefined = CLUSTER_ID;
  /** The members that nodes tell of; all nodes unless a test says otherwise. */
  toldNodes: readonly NodeRecord[] | undefined;
  /** What the next request meets; nothing by default. */
  faultOf: (request: ClientRequest, nodeId: NodeId) => Fault | undefined = () => undefined;

  /** How nodes that are started from now on serve streams of the log. @param count how many there were before */
  serveLog: ((stream: TransportStream, count: number) => Promise<void>) | undefined;
  #logStreamCount = 0;

  constructor(seed = 1) {
    this.random = new SeededRandom(seed);
    this.network = createMemoryNetwork({ clock: this.clock, random: this.random });
    this.network.setDelay({ kind: "fixed", ms: 1 });
  }

  async start(nodeCount: number): Promise<this> {
    for (let nodeId = 1; nodeId <= nodeCount; nodeId += 1) await this.startNode(nodeId);
    return this;
  }

  async startNode(nodeId: NodeId, peerId = `peer-${nodeId}`): Promise<void> {
    const transport = this.network.createTransport(peerId, { gate: OPEN_GATE });
    const addresses = [this.network.addressOf(peerId)];
    const node: ScriptedNode = { record: { nodeId, peerId, addresses }, transport, greeted: new Map() };
    transport.handle(PROTOCOL_IDS.client, { onRequest: (request) => this.#onRequest(node, request) });
    if (this.serveLog !== undefined) {
      transport.handle(PROTOCOL_IDS.log, {
        onStream: async (stream) => this.serveLog?.(stream, this.#logStreamCount++),
      });
    }
    transport.onPeerEvent((event) => {
      if (event.kind === "disconnected") node.greeted.delete(event.peerId);
    });
    await transport.start();
    this.nodes.set(nodeId, node);
  }

  ticket(overrides: Partial<ClientTicket> = {}): string {
    return encodeClientTicket(
      {
        id: "00".repeat(16),
        clusterId: CLUSTER_ID,
        addresses: [...this.nodes.values()].flatMap((node) => node.record.addresses),
        access: "admin",
        keyPrefixes: [],
        expiresAtMs: undefined,
        ...overrides,
      },
      secret.ticketKey(),
    );
  }

  async transport(peerId: PeerId): Promise<Transport> {
    const transport = this.network.createTransport(peerId, { gate: OPEN_GATE });
    await transport.start();
    return transport;
  }

  async connect(options: Partial<ConnectClientOptions> = {}): Promise<AspenClient> {
    const transport = options.transport ?? (await this.transport("client"));
    const { clock, random } = this;
    return this.clock.run(connectClient({ ticket: this.ticket(), clock, random, ...options, transport }));
  }

  crash(nodeId: NodeId): Promise<void> {
    return this.network.crash(this.peerIdOf(nodeId));
  }

  peerIdOf(nodeId: NodeId): PeerId {
    return this.nodes.get(nodeId)?.record.peerId ?? "";
  }

  seenOf(kind: ClientRequest["kind"]): SeenRequest[] {
    return this.seen.filter(({ call }) => call.request.kind === kind);
  }

  get state(): ClusterState {
    const nodes = this.toldNodes ?? [...this.nodes.values()].map((node) => node.record);
    const voters = nodes.map((node) => node.nodeId);
    return {
      clusterId: CLUSTER_ID,
      term: 1,
      leader: this.leader,
      membership: { voters, outgoingVoters: [], learners: [], nodes },
      membershipLogId: { term: 1, index: 1 },
    };
  }

  async #onRequest(node: ScriptedNode, { peerId, body, signal }: IncomingRequest): Promise<Uint8Array> {
    const call = decodeClientCall(body);
    const { request } = call;
    const { nodeId } = node.record;
    this.seen.push({ nodeId, atMs: this.clock.nowMs(), call });
    const fault = this.faultOf(request, nodeId) ?? {};
    if (fault.refuse !== undefined) throw fault.refuse;
    let answer = this.#answer(node, peerId, request);
    if (fault.repeat === true) answer = this.#answer(node, peerId, request);
    if (fault.loseAnswer === true) this.network.resetConnections(node.record.peerId, peerId);
    if (fault.stayingSilent === true) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    if (fault.delayMs !== undefined) await this.#delay(fault.delayMs);
    return answer;
  }

  #answer(node: ScriptedNode, peerId: PeerId, request: ClientRequest): Uint8Array {
    if (request.kind === "hello") return this.#hello(node, peerId, request.ticket);
    const ticket = node.greeted.get(peerId);
    if (ticket === undefined) throw new AspenError("unauthorized", "greet first");
    if (ticket.expiresAtMs !== undefined && this.clock.wallMs() >= ticket.expiresAtMs) throw ticketError("expired");
    switch (request.kind) {
      case "get":
        return encodeClientAnswer("get", { ...this.#label, entry: this.log.entries.get(request.key) });
      case "scan":
        return encodeClientAnswer("scan", { ...this.#label, entries: [], count: 0, isTruncated: false });
      case "getMulti":
        return encodeClientAnswer("getMulti", {
          ...this.#label,
          entries: request.keys.map((key) => this.log.entries.get(key)),
        });
      case "getLease":
        return encodeClientAnswer("getLease", { ...this.#label, lease: undefined, keyCount: 0, keys: [] });
      case "listLeases":
        return encodeClientAnswer("listLeases", { ...this.#label, leases: [], isTruncated: false });
      case "currentState":
        return encodeClientAnswer("currentState", this.state);
      case "getLeader":
        return encodeClientAnswer(
          "getLeader",
          this.leader === undefined ? undefined : { nodeId: this.leader, addresses: [] },
        );
      case "joinTicket":
        return encodeClientAnswer("joinTicket", "aspenq");
      case "issueTicket":
        return encodeClientAnswer(
          "issueTicket",
          this.ticket({ access: request.access, keyPrefixes: request.keyPrefixes }),
        );
      default:
        return this.#change(node.record.nodeId, request);
    }
  }

  #change(nodeId: NodeId, request: ClientRequest): Uint8Array {
    if (this.leader !== nodeId) throw notLeaderError(this.leader);
    switch (request.kind) {
      case "openSession":
        return encodeClientAnswer("openSession", this.log.openSession());
      case "closeSession":
        return encodeClientAnswer("closeSession", this.log.closeSession(request.session));
      case "write":
        return encodeClientAnswer("write", this.log.write(request.command, request.session));
      case "removeNode":
        return encodeClientAnswer("removeNode", this.state);
      case "init":
        return encodeClientAnswer("init", this.state);
      default:
        throw new AspenError("unsupported", `not scripted: ${request.kind}`);
    }
  }

  #hello(node: ScriptedNode, peerId: PeerId, ticketBytes: Uint8Array): Uint8Array {
    const outcome = verifyClientTicket(ticketBytes, { ticketKey: secret.ticketKey(), nowMs: this.clock.wallMs() });
    if (outcome.kind === "refused") throw ticketError(outcome.reason);
    node.greeted.set(peerId, outcome.ticket);
    return encodeClientAnswer("hello", {
      clusterId: this.clusterId,
      nodeId: node.record.nodeId,
      leader: this.leader,
      nodes: this.state.membership.nodes,
    });
  }

  get #label() {
    return { consistency: "linearizable", appliedIndex: this.log.index, revision: this.log.revision } as const;
  }

  #delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.clock.setTimer(delayMs, resolve));
  }
}
