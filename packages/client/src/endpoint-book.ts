/**
 * Whom to ask: the addresses of the ticket, the members that nodes told of, and what became of earlier tries. Decides
 * by data and an injected generator alone.
 *
 * B1  A call is offered every endpoint once before it is offered one again.
 * B2  The leader comes first, then nodes with an open connection, then the others in random order; what could not be
 *     reached lately comes last, but it comes.
 * B3  A node that fell silent is passed over for a while, as long as there is anyone else: but not by a question that a
 *     node can answer alone, because what it was silent about may have been the leader's to answer.
 * B4  With a pinned address there is one endpoint, whatever nodes tell.
 */
import { assert, type NodeId, type NodeRecord, type PeerId, type Random } from "@aspenjs/api";
import { limits } from "./limits.ts";

export interface Endpoint {
  /** Tells endpoints apart: the address of a seed, the id of a node. */
  readonly key: string;
  /** `undefined` for an address of the ticket, which may be anyone's. */
  readonly node: { readonly nodeId: NodeId; readonly peerId: PeerId } | undefined;
  readonly addresses: readonly string[];
}

interface CoolDown {
  readonly untilMs: number;
  readonly failureCount: number;
}

/** Whether those that fell silent are passed over. */
export type Offer = "speaking" | "everyone";

export interface EndpointBookOptions {
  readonly addresses: readonly string[];
  readonly isPinned: boolean;
  readonly random: Random;
}

export class EndpointBook {
  readonly isPinned: boolean;
  readonly #random: Random;
  readonly #seeds: readonly Endpoint[];
  /** Who answered at a seed's address the last time. */
  readonly #seedNodes = new Map<string, NodeId>();
  readonly #coolDowns = new Map<string, CoolDown>();
  /** Until when a node that is connected but says nothing is passed over. */
  readonly #silences = new Map<string, number>();
  readonly #connected = new Set<NodeId>();
  #nodes = new Map<NodeId, Endpoint>();
  #leader: NodeId | undefined;

  constructor({ addresses, isPinned, random }: EndpointBookOptions) {
    assert(addresses.length > 0, "there is someone to ask");
    this.isPinned = isPinned;
    this.#random = random;
    const seeds = [...new Set(addresses)].map((address) => ({ key: address, node: undefined, addresses: [address] }));
    this.#seeds = shuffled(seeds, random);
  }

  get leader(): NodeId | undefined {
    return this.#leader;
  }

  /** All members, as a node told them. An empty list tells nothing. */
  learnNodes(records: readonly NodeRecord[]): void {
    if (this.isPinned || records.length === 0) return;
    const isSame = records.length === this.#nodes.size && records.every((record) => this.#knows(record));
    if (isSame) return;
    const endpoints = shuffled(records, this.#random).map((record): [NodeId, Endpoint] => {
      const { nodeId, peerId, addresses } = record;
      return [nodeId, { key: keyOfNode(nodeId), node: { nodeId, peerId }, addresses }];
    });
    this.#nodes = new Map(endpoints);
    for (const key of this.#coolDowns.keys()) if (!this.#isKnownKey(key)) this.#coolDowns.delete(key);
    if (this.#leader !== undefined && !this.#nodes.has(this.#leader)) this.#leader = undefined;
  }

  learnLeader(leader: NodeId | undefined): void {
    if (this.isPinned || leader === undefined) return;
    this.#leader = leader;
  }

  /** That node does not lead, or cannot be reached. */
  forgetLeader(nodeId: NodeId | undefined): void {
    if (this.#leader === nodeId) this.#leader = undefined;
  }

  /** A connection to the endpoint is open, and this node answered there. */
  connected(endpoint: Endpoint, nodeId: NodeId): void {
    this.#coolDowns.delete(endpoint.key);
    this.#coolDowns.delete(keyOfNode(nodeId));
    this.#silences.delete(keyOfNode(nodeId));
    if (endpoint.node === undefined) this.#seedNodes.set(endpoint.key, nodeId);
    this.#connected.add(nodeId);
  }

  disconnected(nodeId: NodeId, nowMs: number): void {
    this.#connected.delete(nodeId);
    const endpoint = this.#nodes.get(nodeId);
    if (endpoint !== undefined) this.failed(endpoint, nowMs);
    this.forgetLeader(nodeId);
  }

  /** Nobody, or the wrong one, answered there. */
  failed(endpoint: Endpoint, nowMs: number): void {
    const failureCount = (this.#coolDowns.get(endpoint.key)?.failureCount ?? 0) + 1;
    const delayMs = Math.min(limits.coolDownMsMax, limits.coolDownMsMin * 2 ** Math.min(failureCount - 1, 16));
    this.#coolDowns.set(endpoint.key, { untilMs: nowMs + delayMs, failureCount });
    if (endpoint.node !== undefined) this.forgetLeader(endpoint.node.nodeId);
  }

  /** The node is connected and says nothing: whoever names it as leader does not know yet. */
  fellSilent(endpoint: Endpoint, nowMs: number): void {
    const nodeId = this.nodeIdOf(endpoint);
    this.#silences.set(nodeId === undefined ? endpoint.key : keyOfNode(nodeId), nowMs + limits.silenceCoolDownMs);
    this.forgetLeader(nodeId);
  }

  /** Who answered at this endpoint, as far as is known. */
  nodeIdOf(endpoint: Endpoint): NodeId | undefined {
    return endpoint.node?.nodeId ?? this.#seedNodes.get(endpoint.key);
  }

  nodeEndpoint(nodeId: NodeId): Endpoint | undefined {
    return this.#nodes.get(nodeId);
  }

  /** Not to be asked now if there is anyone else: it could not be reached, or said nothing, a moment ago. */
  isCooling(endpoint: Endpoint, nowMs: number): boolean {
    if (this.#isSilent(endpoint, nowMs)) return true;
    const coolDown = this.#coolDowns.get(endpoint.key);
    return coolDown !== undefined && nowMs < coolDown.untilMs;
  }

  /** The best endpoint that is not among the tried ones; nothing when all are. */
  choose(tried: ReadonlySet<string>, nowMs: number, offer: Offer = "speaking"): Endpoint | undefined {
    const leader = this.#leader === undefined ? undefined : this.#nodes.get(this.#leader);
    if (leader !== undefined && !tried.has(leader.key) && !this.isCooling(leader, nowMs)) return leader;
    let best: Endpoint | undefined;
    let bestRank = Number.POSITIVE_INFINITY;
    for (const endpoint of this.#offered(nowMs, offer)) {
      if (tried.has(endpoint.key)) continue;
      const rank = this.#rank(endpoint, nowMs);
      if (rank >= bestRank) continue;
      best = endpoint;
      bestRank = rank;
    }
    return best;
  }

  hasUntried(tried: ReadonlySet<string>, nowMs: number, offer: Offer = "speaking"): boolean {
    for (const endpoint of this.#offered(nowMs, offer)) if (!tried.has(endpoint.key)) return true;
    return false;
  }

  /** Everyone but those that fell silent; those too, when there is nobody else: asking them costs a whole attempt. */
  #offered(nowMs: number, offer: Offer): readonly Endpoint[] {
    const strangers = this.#seeds.filter((seed) => !this.#leadsToMember(seed));
    const endpoints = [...this.#nodes.values(), ...strangers];
    if (offer === "everyone") return endpoints;
    const speaking = endpoints.filter((endpoint) => !this.#isSilent(endpoint, nowMs));
    return speaking.length > 0 ? speaking : endpoints;
  }

  #isSilent(endpoint: Endpoint, nowMs: number): boolean {
    const nodeId = this.nodeIdOf(endpoint);
    const untilMs = this.#silences.get(nodeId === undefined ? endpoint.key : keyOfNode(nodeId));
    return untilMs !== undefined && nowMs < untilMs;
  }

  /** Whoever answered there is known as a member, or a member names that address as its own. */
  #leadsToMember(seed: Endpoint): boolean {
    const nodeId = this.#seedNodes.get(seed.key);
    if (nodeId !== undefined && this.#nodes.has(nodeId)) return true;
    return [...this.#nodes.values()].some((node) => node.addresses.includes(seed.key));
  }

  /** Lower is better. Of those that cool down, the one that has done so longest. */
  #rank(endpoint: Endpoint, nowMs: number): number {
    if (this.isCooling(endpoint, nowMs)) return 2 + (this.#coolDowns.get(endpoint.key)?.untilMs ?? 0);
    const nodeId = this.nodeIdOf(endpoint);
    if (nodeId !== undefined && this.#connected.has(nodeId)) return 0;
    return endpoint.node === undefined ? 2 : 1;
  }

  #knows(record: NodeRecord): boolean {
    const known = this.#nodes.get(record.nodeId);
    return (
      known?.node?.peerId === record.peerId &&
      known.addresses.length === record.addresses.length &&
      known.addresses.every((address, position) => address === record.addresses[position])
    );
  }

  #isKnownKey(key: string): boolean {
    return this.#seeds.some((seed) => seed.key === key) || [...this.#nodes.values()].some((node) => node.key === key);
  }
}

function keyOfNode(nodeId: NodeId): string {
  return `node ${nodeId}`;
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const shuffledItems = [...items];
  for (let last = shuffledItems.length - 1; last > 0; last -= 1) {
    const chosen = random.below(last + 1);
    const [left, right] = [shuffledItems[last], shuffledItems[chosen]];
    if (left === undefined || right === undefined) continue;
    shuffledItems[last] = right;
    shuffledItems[chosen] = left;
  }
  return shuffledItems;
}
