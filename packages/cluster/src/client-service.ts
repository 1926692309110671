import type { KeyObject } from "node:crypto";
import {
  AspenError,
  isMember,
  type Clock,
  type IncomingRequest,
  type Logger,
  type PeerId,
  type Random,
  type Transport,
  type WatchFilter,
} from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import {
  allows,
  decodeClientCall,
  encodeClientAnswer,
  encodeClientTicket,
  encodeJoinTicket,
  PROTOCOL_IDS,
  protocolLimits,
  ticketError,
  verifyClientTicket,
  type ClientCall,
  type ClientRequest,
  type ClientTicket,
  type ClusterSecret,
  type HelloAnswer,
  type IssueTicketRequest,
  type TicketAccess,
} from "@aspenjs/protocol";
import { assertInScope, assertWatchInScope, logScope } from "./key-scope.ts";
import type { NodeIdentity } from "./node-identity.ts";
import type { PeerDirectory } from "./peer-directory.ts";
import type { RequestRouter, RoutedRequest } from "./request-router.ts";

export interface ClientServiceDeps {
  readonly transport: Transport;
  readonly router: RequestRouter;
  readonly directory: PeerDirectory;
  readonly identity: NodeIdentity;
  readonly secret: ClusterSecret;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly leader: () => number | undefined;
  readonly onGreeted: (peerId: PeerId) => void;
}

const ACCESS_NEEDED: Readonly<Record<RoutedRequest["kind"] | "issueTicket" | "joinTicket", TicketAccess>> = {
  write: "write",
  openSession: "write",
  closeSession: "write",
  get: "read",
  getMulti: "read",
  scan: "read",
  keepLeaseAlive: "write",
  getLease: "read",
  listLeases: "read",
  query: "read",
  init: "admin",
  addLearner: "admin",
  promoteLearner: "admin",
  changeMembership: "admin",
  removeNode: "admin",
  transferLeadership: "admin",
  currentState: "read",
  getMetrics: "read",
  triggerSnapshot: "admin",
  getLeader: "read",
  issueTicket: "admin",
  joinTicket: "admin",
};

/**
 * Serves clients over `/aspen/client/1`. A connection says hello with a ticket first; every request after it is checked
 * against that ticket, expiry included, until the connection ends.
 */
export class ClientService {
  readonly #deps: ClientServiceDeps;
  readonly #ticketKey: KeyObject;
  readonly #tickets = new Map<PeerId, ClientTicket>();

  constructor(deps: ClientServiceDeps) {
    this.#deps = deps;
    this.#ticketKey = deps.secret.ticketKey();
    deps.transport.handle(PROTOCOL_IDS.client, { onRequest: (request) => this.#answer(request) });
  }

  forget(peerId: PeerId): void {
    this.#tickets.delete(peerId);
  }

  issueTicket({ access, keyPrefixes, ttlMs }: Omit<IssueTicketRequest, "kind">): string {
    return encodeClientTicket(
      {
        id: Buffer.from(this.#deps.random.bytes(protocolLimits.ticketIdBytes)).toString("hex"),
        clusterId: this.#deps.identity.clusterId,
        addresses: this.#memberAddresses(),
        access,
        keyPrefixes,
        expiresAtMs: ttlMs === undefined ? undefined : this.#deps.clock.wallMs() + ttlMs,
      },
      this.#ticketKey,
    );
  }

  joinTicket(): string {
    const { identity, secret } = this.#deps;
    return encodeJoinTicket({ clusterId: identity.clusterId, addresses: this.#memberAddresses(), secret });
  }

  async #answer({ peerId, body, signal }: IncomingRequest): Promise<Uint8Array> {
    const { request, deadlineMs } = decodeOrRefuse(body);
    switch (request.kind) {
      case "hello":
        return encodeClientAnswer("hello", this.#greet(peerId, request.ticket));
      case "issueTicket":
        this.#authorize(peerId, request);
        return encodeClientAnswer("issueTicket", this.issueTicket(request));
      case "joinTicket":
        this.#authorize(peerId, request);
        return encodeClientAnswer("joinTicket", this.joinTicket());
      default: {
        const { keyPrefixes } = this.#authorize(peerId, request);
        if (request.kind !== "getMetrics") this.#assertMember();
        const answer = await this.#deps.router.route(request, { deadlineMs, keyPrefixes, signal });
        return encodeClientAnswer(request.kind, answer as never);
      }
    }
  }

  #greet(peerId: PeerId, ticketBytes: Uint8Array): HelloAnswer {
    const { identity, clock, directory } = this.#deps;
    const outcome = verifyClientTicket(ticketBytes, {
      ticketKey: this.#ticketKey,
      nowMs: clock.wallMs(),
      clusterId: identity.clusterId,
    });
    if (outcome.kind === "refused") {
      this.#deps.logger.log("warn", "a client's ticket was refused", { peerId, reason: outcome.reason });
      throw ticketError(outcome.reason);
    }
    this.#assertMember();
    this.#tickets.set(peerId, outcome.ticket);
    this.#deps.onGreeted(peerId);
    return {
      clusterId: identity.clusterId,
      nodeId: identity.nodeId,
      leader: this.#deps.leader(),
      nodes: directory.membership.nodes,
    };
  }

  /** Whether this client may watch, and these keys. @throws AspenError when not */
  authorizeWatch(peerId: PeerId, filter?: WatchFilter): void {
    this.#assertMember();
    const ticket = this.#ticketWith(peerId, "read");
    if (filter !== undefined) assertWatchInScope(ticket.keyPrefixes, filter);
  }

  /** Which keys this client may be told of, of those that it asks for; none: all. @throws AspenError when it may not */
  authorizeLog(peerId: PeerId, keyPrefixes: readonly string[]): readonly string[] {
    this.#assertMember();
    return logScope(this.#ticketWith(peerId, "read").keyPrefixes, keyPrefixes);
  }

  #authorize(peerId: PeerId, request: Exclude<ClientRequest, { readonly kind: "hello" }>): ClientTicket {
    const ticket = this.#ticketWith(peerId, ACCESS_NEEDED[request.kind]);
    assertInScope(ticket.keyPrefixes, request);
    return ticket;
  }

  #ticketWith(peerId: PeerId, needed: TicketAccess): ClientTicket {
    const ticket = this.#tickets.get(peerId);
    if (ticket === undefined) throw new AspenError("unauthorized", "say hello with a ticket first");
    if (ticket.expiresAtMs !== undefined && ticket.expiresAtMs <= this.#deps.clock.wallMs()) {
      throw ticketError("expired");
    }
    if (!allows(ticket.access, needed)) throw new AspenError("forbidden", `this needs a ticket with ${needed} access`);
    return ticket;
  }

  /** What a node knows that was removed grows old: its clients are better served by those who stayed. */
  #assertMember(): void {
    const { membership } = this.#deps.directory;
    if (membership.voters.length === 0 || isMember(membership, this.#deps.identity.nodeId)) return;
    throw new AspenError("unavailable", "this node was removed from the cluster", {
      details: { outcome: "not_applied" },
    });
  }

  /** A few of every member's, so that a ticket outlives any one node. */
  #memberAddresses(): readonly string[] {
    const lists = this.#deps.directory.membership.nodes.map((record) => record.addresses);
    const own = lists.length > 0 ? lists : [this.#deps.transport.addresses];
    const addresses: string[] = [];
    for (let position = 0; own.some((list) => position < list.length); position += 1) {
      for (const list of own) {
        const address = list[position];
        if (address !== undefined && addresses.length < protocolLimits.ticketAddressesMax) addresses.push(address);
      }
    }
    return addresses;
  }
}

function decodeOrRefuse(body: Uint8Array): ClientCall {
  try {
    return decodeClientCall(body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new AspenError("invalid_request", `not a request of this protocol: ${error.message}`, { cause: error });
  }
}
