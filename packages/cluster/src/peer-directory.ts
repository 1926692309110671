import {
  findNodeRecord,
  MEMBERSHIP_EMPTY,
  type Membership,
  type NodeId,
  type PeerAddress,
  type PeerGate,
  type PeerId,
} from "@aspenjs/api";
import { PROTOCOL_IDS } from "@aspenjs/protocol";
import type { RaftPeers } from "@aspenjs/raft";
import { limits } from "./limits.ts";

/**
 * Who is who: members by consensus, and peers that have proven the cluster secret but are not (yet) in this node's view
 * of the membership. The transport asks it about every frame, consensus about every sender.
 *
 * D1  A node id belongs to the peer id that the membership records; a proof of the secret does not change that.
 * D2  Consensus is open to members and to admitted peers: this node may be behind. A fresh learner knows nobody, and one
 *     that lags may not know the present leader, or has seen it leave and not come back. Nobody else could tell it,
 *     since only leaders do. What a node that left may say costs nothing: who hears a leader grants no pre-vote. Whoever
 *     left with the latest change needs no proof, so that it learns of that.
 */
export class PeerDirectory implements RaftPeers, PeerGate {
  #membership: Membership = MEMBERSHIP_EMPTY;
  #nodeIds = new Map<PeerId, NodeId>();
  readonly #admitted = new Map<PeerId, NodeId>();
  /** Clients that have shown a ticket. */
  readonly #greeted = new Set<PeerId>();
  /** Left with the latest change. */
  #leaving = new Map<PeerId, NodeId>();

  get membership(): Membership {
    return this.#membership;
  }

  update(membership: Membership): void {
    const before = this.#membership.nodes;
    const staying = new Set(membership.nodes.map(({ peerId }) => peerId));
    this.#leaving = new Map(
      before.filter(({ peerId }) => !staying.has(peerId)).map(({ peerId, nodeId }) => [peerId, nodeId]),
    );
    this.#membership = membership;
    this.#nodeIds = new Map(membership.nodes.map(({ peerId, nodeId }) => [peerId, nodeId]));
  }

  /** The peer proved the secret and says which node it is. @returns why not, or nothing */
  admit(peerId: PeerId, nodeId: NodeId): string | undefined {
    const record = findNodeRecord(this.#membership, nodeId);
    if (record !== undefined && record.peerId !== peerId) return `node ${nodeId} belongs to another peer id`;
    const known = this.#nodeIds.get(peerId);
    if (known !== undefined && known !== nodeId) return `this peer id belongs to node ${known}`;
    this.#admitted.set(peerId, nodeId);
    return undefined;
  }

  /** The peer has shown a ticket that holds. */
  noteGreeted(peerId: PeerId): void {
    this.#greeted.add(peerId);
  }

  /** The connection has ended, and with it what was proven on it. */
  forget(peerId: PeerId): void {
    this.#admitted.delete(peerId);
    this.#greeted.delete(peerId);
  }

  isAdmitted(peerId: PeerId): boolean {
    return this.#admitted.has(peerId);
  }

  isMember(peerId: PeerId): boolean {
    return this.#nodeIds.has(peerId);
  }

  nodeIdOf(peerId: PeerId): NodeId | undefined {
    return this.#nodeIds.get(peerId) ?? this.#leaving.get(peerId) ?? this.#admitted.get(peerId);
  }

  /** A node that knows no membership yet answers those who were admitted (D2). */
  peerIdOf(nodeId: NodeId): PeerId | undefined {
    const record = findNodeRecord(this.#membership, nodeId);
    if (record !== undefined) return record.peerId;
    for (const [peerId, known] of [...this.#leaving, ...this.#admitted]) if (known === nodeId) return peerId;
    return undefined;
  }

  /** Everyone this node should keep a connection to. */
  addressesOfOthers(nodeId: NodeId): readonly PeerAddress[] {
    return this.#membership.nodes
      .filter((record) => record.nodeId !== nodeId)
      .map(({ peerId, addresses }) => ({ peerId, addresses }));
  }

  mayConnect(): boolean {
    // Clients are strangers until they show a ticket: probation bounds how many and for how long.
    return true;
  }

  heldBytesMax(peerId: PeerId): number | undefined {
    const isKnown = this.isMember(peerId) || this.isAdmitted(peerId) || this.#greeted.has(peerId);
    return isKnown ? undefined : limits.strangerHeldBytesMax;
  }

  mayUse(peerId: PeerId, protocol: string): boolean {
    switch (protocol) {
      case PROTOCOL_IDS.admission:
      case PROTOCOL_IDS.client:
        return true;
      case PROTOCOL_IDS.watch:
      case PROTOCOL_IDS.log:
        return this.#greeted.has(peerId);
      case PROTOCOL_IDS.cluster:
        return this.isAdmitted(peerId);
      case PROTOCOL_IDS.raft:
      case PROTOCOL_IDS.snapshot:
        return this.isMember(peerId) || this.#leaving.has(peerId) || this.isAdmitted(peerId);
      default:
        return false;
    }
  }
}
