import type {
  PeerAddress,
  PeerEvent,
  PeerId,
  ProtocolHandlers,
  RequestOptions,
  SendOutcome,
  Transport,
  TransportStream,
} from "@aspenjs/api";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import { NEVER, type Ratio } from "../random/ratio.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

/** What may become of a one-way message. The port promises order and at most one copy; consensus must not need them. */
export interface MessageFaults {
  readonly loss: Ratio;
  readonly duplication: Ratio;
  readonly delay: Ratio;
  readonly delayUsMax: number;
}

export const NO_MESSAGE_FAULTS: MessageFaults = { loss: NEVER, duplication: NEVER, delay: NEVER, delayUsMax: 1 };

export interface MessageCounts {
  sent: number;
  lost: number;
  duplicated: number;
  reordered: number;
}

export interface LossyTransportInit {
  readonly transport: Transport;
  readonly process: SimulatedProcess;
  readonly random: SeededRandom;
  /** Asked at every message. */
  readonly faults: () => MessageFaults;
  readonly counts: MessageCounts;
  /** Sees every message before anything becomes of it. */
  readonly onSend: (peerId: PeerId, protocol: string, body: Uint8Array) => void;
}

/** A transport whose one-way messages get lost, come twice and overtake each other. The rest is left as it is. */
export class LossyTransport implements Transport {
  readonly #init: LossyTransportInit;

  constructor(init: LossyTransportInit) {
    this.#init = init;
  }

  get localPeerId(): PeerId {
    return this.#init.transport.localPeerId;
  }

  get addresses(): readonly string[] {
    return this.#init.transport.addresses;
  }

  get connectedPeers(): readonly PeerId[] {
    return this.#init.transport.connectedPeers;
  }

  start(): Promise<void> {
    return this.#init.transport.start();
  }

  stop(): Promise<void> {
    return this.#init.transport.stop();
  }

  handle(protocol: string, handlers: ProtocolHandlers): void {
    this.#init.transport.handle(protocol, handlers);
  }

  connect(address: string, options: RequestOptions): Promise<PeerId> {
    return this.#init.transport.connect(address, options);
  }

  setDesiredPeers(peers: readonly PeerAddress[]): void {
    this.#init.transport.setDesiredPeers(peers);
  }

  disconnect(peerId: PeerId): Promise<void> {
    return this.#init.transport.disconnect(peerId);
  }

  onPeerEvent(listener: (event: PeerEvent) => void): () => void {
    return this.#init.transport.onPeerEvent(listener);
  }

  request(peerId: PeerId, protocol: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    return this.#init.transport.request(peerId, protocol, body, options);
  }

  openStream(peerId: PeerId, protocol: string, header: Uint8Array, options: RequestOptions): Promise<TransportStream> {
    return this.#init.transport.openStream(peerId, protocol, header, options);
  }

  send(peerId: PeerId, protocol: string, body: Uint8Array): SendOutcome {
    const { transport, process, random, counts } = this.#init;
    const { loss, duplication, delay, delayUsMax } = this.#init.faults();
    if (!process.operate()) return "queued";
    this.#init.onSend(peerId, protocol, body);
    counts.sent += 1;
    if (random.chance(loss)) {
      counts.lost += 1;
      return "queued";
    }
    if (random.chance(duplication)) {
      counts.duplicated += 1;
      transport.send(peerId, protocol, body);
    }
    if (random.chance(delay)) {
      counts.reordered += 1;
      process.clock.setTimer(random.below(delayUsMax) / 1_000, () => transport.send(peerId, protocol, body));
      return "queued";
    }
    return transport.send(peerId, protocol, body);
  }
}
