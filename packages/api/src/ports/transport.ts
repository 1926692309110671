import type { PeerId } from "../node-id.ts";

export interface PeerAddress {
  readonly peerId: PeerId;
  readonly addresses: readonly string[];
}

export type PeerEvent =
  | { readonly kind: "connected"; readonly peerId: PeerId }
  | { readonly kind: "disconnected"; readonly peerId: PeerId };

export type SendOutcome = "queued" | "not_connected" | "overloaded";

export interface RequestOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

export interface IncomingRequest {
  readonly peerId: PeerId;
  readonly body: Uint8Array;
  /** Aborted when the caller gave up, its deadline passed, or it went away. */
  readonly signal: AbortSignal;
}

/** An ordered, flow-controlled stream of chunks in both directions. */
export interface TransportStream extends AsyncIterable<Uint8Array> {
  readonly peerId: PeerId;
  /** What the opener sent with the opening. */
  readonly header: Uint8Array;
  /** Resolves when the peer has room for the chunk: memory on both sides stays bounded. */
  write(chunk: Uint8Array): Promise<void>;
  /** No more chunks from this side. */
  end(): Promise<void>;
  /** Ends both directions at once; the peer's iteration and writes reject with this error's code. */
  abort(error: Error): void;
}

/** What a protocol does with what arrives. Without a handler of a kind, that kind is refused with `unsupported`. */
export interface ProtocolHandlers {
  /** One way, at most once, in order while the connection lasts. Must not throw. */
  readonly onMessage?: (peerId: PeerId, body: Uint8Array) => void;
  /** An `AspenError` travels back with its code and details; anything else becomes `internal` and is logged here. */
  readonly onRequest?: (request: IncomingRequest) => Promise<Uint8Array>;
  readonly onStream?: (stream: TransportStream) => Promise<void>;
}

/** Who may do what. Asked again at every frame, so that a change of membership takes effect at once. */
export interface PeerGate {
  mayConnect(peerId: PeerId): boolean;
  mayUse(peerId: PeerId, protocol: string): boolean;
  /**
   * Bytes of requests and messages that this peer may make the endpoint hold at once, if less than the transport allows
   * everyone: what nobody has vouched for gets little.
   */
  heldBytesMax?(peerId: PeerId): number | undefined;
}

/**
 * One endpoint per node. Peers are authenticated by the transport: a `PeerId` is proven, never claimed.
 * All calls reject with `AspenError`: `timeout`, `unavailable` (not connected, connection lost),
 * `resource_exhausted` (a queue is full), `forbidden`, `unsupported`, or what the other side answered.
 */
export interface Transport {
  readonly localPeerId: PeerId;
  /** Where this endpoint listens, as text that `connect` accepts elsewhere. Known after `start`. */
  readonly addresses: readonly string[];
  start(): Promise<void>;
  /** Ends what is under way with `shutting_down` and closes every connection. */
  stop(): Promise<void>;
  /** Before `start`; once per protocol. */
  handle(protocol: string, handlers: ProtocolHandlers): void;
  /** Dials an address and says who answered there. A connection that is already open is used again. */
  connect(address: string, options: RequestOptions): Promise<PeerId>;
  /** Keeps connections to exactly these peers alive, with back-off; others are left as they are. */
  setDesiredPeers(peers: readonly PeerAddress[]): void;
  disconnect(peerId: PeerId): Promise<void>;
  readonly connectedPeers: readonly PeerId[];
  onPeerEvent(listener: (event: PeerEvent) => void): () => void;
  /** Never waits: what cannot be queued is dropped, and the outcome says so. */
  send(peerId: PeerId, protocol: string, body: Uint8Array): SendOutcome;
  request(peerId: PeerId, protocol: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  openStream(peerId: PeerId, protocol: string, header: Uint8Array, options: RequestOptions): Promise<TransportStream>;
}
