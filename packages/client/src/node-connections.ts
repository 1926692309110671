/**
 * Open connections to nodes that accepted the ticket.
 *
 * C1  Every new connection is greeted with the ticket before anything else is asked of it.
 * C2  The ticket is a bearer's: it is shown only to the peer that the members named, or that an address of the ticket
 *     led to.
 * C3  A node of another cluster is not asked anything.
 */
import { AspenError, type Clock, type Logger, type NodeId, type PeerId, type Transport } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { decodeClientAnswer, encodeClientCall, PROTOCOL_IDS, type HelloAnswer } from "@aspenjs/protocol";
import type { Endpoint, EndpointBook } from "./endpoint-book.ts";
import { limits } from "./limits.ts";

export interface NodeConnection {
  readonly kind: "open";
  readonly peerId: PeerId;
  readonly nodeId: NodeId;
}

export type DialOutcome = NodeConnection | { readonly kind: "unreachable" | "unwelcome"; readonly error: AspenError };

export interface NodeConnectionsOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly book: EndpointBook;
  readonly ticket: Uint8Array;
  readonly clusterId: string;
}

export class NodeConnections {
  readonly #options: NodeConnectionsOptions;
  readonly #byPeer = new Map<PeerId, NodeConnection>();
  readonly #byNode = new Map<NodeId, NodeConnection>();
  /** When each node last answered anything, this client's clock. */
  readonly #answeredMs = new Map<NodeId, number>();
  readonly #dials = new Map<string, Promise<DialOutcome>>();
  /** Peers that were not connected before this client dialed them. */
  readonly #ownPeers = new Set<PeerId>();
  readonly #stopListening: () => void;
  #isClosed = false;

  constructor(options: NodeConnectionsOptions) {
    this.#options = options;
    this.#stopListening = options.transport.onPeerEvent((event) => {
      if (event.kind === "disconnected") this.#onDisconnected(event.peerId);
    });
  }

  find(endpoint: Endpoint): NodeConnection | undefined {
    const nodeId = this.#options.book.nodeIdOf(endpoint);
    return nodeId === undefined ? undefined : this.#byNode.get(nodeId);
  }

  noteAnswer({ nodeId }: NodeConnection): void {
    this.#answeredMs.set(nodeId, this.#options.clock.nowMs());
  }

  /** Slow or silent: a node that answered others meanwhile is only slow. */
  hasAnsweredSince({ nodeId }: NodeConnection, sinceMs: number): boolean {
    return (this.#answeredMs.get(nodeId) ?? Number.NEGATIVE_INFINITY) >= sinceMs;
  }

  /** Not a promise that the next request gets there; but without it, it certainly does not. */
  isConnected(connection: NodeConnection): boolean {
    return this.#options.transport.connectedPeers.includes(connection.peerId);
  }

  /** One dial per endpoint at a time, for all who ask. */
  dial(endpoint: Endpoint): Promise<DialOutcome> {
    const underWay = this.#dials.get(endpoint.key);
    if (underWay !== undefined) return underWay;
    const dial = this.#dial(endpoint).finally(() => this.#dials.delete(endpoint.key));
    this.#dials.set(endpoint.key, dial);
    return dial;
  }

  /** The next request to this node is preceded by a greeting. */
  forget(connection: NodeConnection): void {
    if (this.#byPeer.get(connection.peerId) === connection) this.#byPeer.delete(connection.peerId);
    if (this.#byNode.get(connection.nodeId) === connection) this.#byNode.delete(connection.nodeId);
  }

  /** Ends the connections that this client has opened. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopListening();
    this.#byPeer.clear();
    this.#byNode.clear();
    await Promise.all([...this.#ownPeers].map((peerId) => this.#options.transport.disconnect(peerId)));
    this.#ownPeers.clear();
  }

  async #dial(endpoint: Endpoint): Promise<DialOutcome> {
    const { book, clock, logger } = this.#options;
    let failure: DialOutcome = { kind: "unreachable", error: new AspenError("unavailable", "no address is known") };
    for (const address of endpoint.addresses) {
      const outcome = await this.#dialAddress(endpoint, address);
      if (outcome.kind === "open") return outcome;
      logger.log("debug", "a node could not be reached", { address, code: outcome.error.code });
      failure = outcome;
      if (outcome.kind === "unwelcome") break;
    }
    book.failed(endpoint, clock.nowMs());
    return failure;
  }

  async #dialAddress(endpoint: Endpoint, address: string): Promise<DialOutcome> {
    try {
      const peerId = await this.#connect(address);
      if (endpoint.node !== undefined && endpoint.node.peerId !== peerId) {
        return unreachable("another peer answered at the address of a member");
      }
      const open = this.#byPeer.get(peerId) ?? (await this.#greet(peerId));
      if (open.kind !== "open") return open;
      if (endpoint.node !== undefined && endpoint.node.nodeId !== open.nodeId) {
        return unreachable("another node answered at the address of a member");
      }
      this.#options.book.connected(endpoint, open.nodeId);
      return open;
    } catch (error) {
      return failureOf(error);
    }
  }

  async #connect(address: string): Promise<PeerId> {
    const { transport } = this.#options;
    const before = new Set(transport.connectedPeers);
    const peerId = await transport.connect(address, { deadlineMs: limits.dialTimeoutMs });
    if (!before.has(peerId)) this.#ownPeers.add(peerId);
    if (!this.#isClosed) return peerId;
    if (this.#ownPeers.delete(peerId)) await transport.disconnect(peerId);
    throw new AspenError("shutting_down", "the client is closed");
  }

  async #greet(peerId: PeerId): Promise<DialOutcome> {
    const { transport, book, ticket, clusterId, logger } = this.#options;
    const deadlineMs = limits.helloTimeoutMs;
    const body = encodeClientCall({ deadlineMs, request: { kind: "hello", ticket } });
    const hello = readHello(await transport.request(peerId, PROTOCOL_IDS.client, body, { deadlineMs }));
    if (hello.clusterId !== undefined && hello.clusterId !== clusterId) {
      const error = new AspenError("unauthorized", "the node belongs to another cluster");
      return { kind: "unwelcome", error };
    }
    const connection: NodeConnection = { kind: "open", peerId, nodeId: hello.nodeId };
    if (!transport.connectedPeers.includes(peerId)) return unreachable("the connection was lost");
    this.#byPeer.set(peerId, connection);
    this.#byNode.set(hello.nodeId, connection);
    book.learnNodes(hello.nodes);
    book.learnLeader(hello.leader);
    logger.log("debug", "connected", { peerId, nodeId: hello.nodeId });
    return connection;
  }

  #onDisconnected(peerId: PeerId): void {
    const { book, clock, logger } = this.#options;
    this.#ownPeers.delete(peerId);
    const connection = this.#byPeer.get(peerId);
    if (connection === undefined) return;
    this.forget(connection);
    book.disconnected(connection.nodeId, clock.nowMs());
    logger.log("debug", "disconnected", { peerId, nodeId: connection.nodeId });
  }
}

function readHello(body: Uint8Array): HelloAnswer {
  try {
    return decodeClientAnswer("hello", body);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new AspenError("unsupported", "the node speaks another protocol", { cause });
  }
}

function unreachable(message: string): DialOutcome {
  return { kind: "unreachable", error: new AspenError("unavailable", message) };
}

/** A refusal that another try would meet again is the ticket's; anything else is the road's. */
function failureOf(error: unknown): DialOutcome {
  if (!(error instanceof AspenError)) throw error;
  return { kind: error.code === "unauthorized" || error.code === "forbidden" ? "unwelcome" : "unreachable", error };
}
