import { assert } from "@aspenjs/api";

/**
 * Every bound of this package. `per peer` means: per session, of which a peer has one.
 * Beyond a bound the caller gets `resource_exhausted` (or `overloaded` from `send`), a peer that breaks one of the
 * protocol's bounds loses its session; nothing is clamped silently.
 */
export interface TransportLimits {
  /** Length of one frame without its length prefix: 1 MiB of body and room for kind and id. */
  readonly frameBytesMax: number;
  /** The same before both sides have greeted each other: a stranger makes us hold no more. */
  readonly handshakeFrameBytesMax: number;
  /** Bodies beyond this travel in fragments of this size, so that a small frame never waits for a whole body. */
  readonly fragmentBytesMax: number;
  /** Whole body of a message, a request or a response. */
  readonly bodyBytesMax: number;
  /** What one write to the link is filled up to with fragments. */
  readonly writeBytesTarget: number;
  /** Accepted for a peer and not yet handed to its link. */
  readonly outgoingBytesMax: number;
  /** On top of `outgoingBytesMax` for answers, credit and endings. A peer that makes us fill this does not read. */
  readonly controlBytesMax: number;
  /** Requests to one peer that wait for an answer. */
  readonly outgoingRequestsMax: number;
  /** Requests of one peer that a handler works on, or whose body still arrives. */
  readonly incomingRequestsMax: number;
  /** Bodies of those requests together, and of messages that still arrive. */
  readonly incomingBytesMax: number;
  /** The same of all peers together. */
  readonly incomingBytesTotalMax: number;
  /** Streams of one peer, both directions of opening counted apart. */
  readonly streamsMax: number;
  /** What a stream's sender may have under way that its reader has not taken. */
  readonly streamWindowBytes: number;
  readonly streamChunkBytesMax: number;
  readonly streamHeaderBytesMax: number;
  /** Counted against the window for each chunk on top of its bytes: many tiny chunks cost memory too. */
  readonly streamChunkCostBytes: number;
  readonly streamPendingWritesMax: number;
  /** How long a handler that has returned lets the peer finish its side before the stream is aborted. */
  readonly streamLingerMs: number;
  readonly protocolsMax: number;
  readonly protocolBytesMax: number;
  readonly connectTimeoutMs: number;
  /** From an open link to both sides having agreed on the session. */
  readonly handshakeTimeoutMs: number;
  /** Links that have not got that far, together. */
  readonly handshakesMax: number;
  /** The same for one peer. */
  readonly handshakesPerPeerMax: number;
  readonly connectionsMax: number;
  /** From the first byte of a frame to its last, and between two fragments of a message. */
  readonly frameTimeoutMs: number;
  /** How often a session looks after itself. */
  readonly sessionTickMs: number;
  /** Silence after which a session asks for a sign of life, and after which it gives the peer up. */
  readonly pingAfterMs: number;
  readonly silenceMaxMs: number;
  /** Two dials that cross within this time are one attempt, and the younger session gives way. */
  readonly crossingDialsMs: number;
  readonly redialMinMs: number;
  readonly redialMaxMs: number;
  /** Head start of the peer with the lower id, so that two peers rarely dial each other at once. */
  readonly dialHeadStartMs: number;
  /** A session that lasted this long makes the supervisor forget earlier failures. */
  readonly stableSessionMs: number;
  readonly desiredPeersMax: number;
  /** Lines per second about one kind of refusal; the rest is counted. */
  readonly refusalLinesPerSecondMax: number;
}

const KIB = 1_024;
const MIB = 1_024 * KIB;

export const limits: TransportLimits = {
  frameBytesMax: MIB + 64,
  handshakeFrameBytesMax: 4 * KIB,
  fragmentBytesMax: 64 * KIB,
  bodyBytesMax: 10 * MIB,
  writeBytesTarget: 128 * KIB,
  outgoingBytesMax: 16 * MIB,
  controlBytesMax: MIB,
  outgoingRequestsMax: 2_048,
  incomingRequestsMax: 2_048,
  incomingBytesMax: 64 * MIB,
  incomingBytesTotalMax: 256 * MIB,
  streamsMax: 64,
  streamWindowBytes: MIB + KIB,
  streamChunkBytesMax: MIB,
  streamHeaderBytesMax: 64 * KIB,
  streamChunkCostBytes: 64,
  streamPendingWritesMax: 64,
  streamLingerMs: 10_000,
  protocolsMax: 64,
  protocolBytesMax: 128,
  connectTimeoutMs: 5_000,
  handshakeTimeoutMs: 5_000,
  handshakesMax: 128,
  handshakesPerPeerMax: 4,
  connectionsMax: 500,
  frameTimeoutMs: 10_000,
  sessionTickMs: 1_000,
  pingAfterMs: 10_000,
  silenceMaxMs: 30_000,
  crossingDialsMs: 2_000,
  redialMinMs: 200,
  redialMaxMs: 5_000,
  dialHeadStartMs: 500,
  stableSessionMs: 2_000,
  desiredPeersMax: 64,
  refusalLinesPerSecondMax: 10,
};

/** The defaults with some of them replaced; the relations between them still hold. */
export function resolveLimits(overrides: Partial<TransportLimits> = {}): TransportLimits {
  const resolved = { ...limits, ...overrides };
  for (const [name, value] of Object.entries(resolved)) {
    assert(Number.isSafeInteger(value) && value > 0, `limit ${name} is a positive integer`);
  }
  assertRelations(resolved);
  return resolved;
}

function assertRelations(chosen: TransportLimits): void {
  const frameBodyBytesMax = chosen.frameBytesMax - 64;
  assert(chosen.handshakeFrameBytesMax <= chosen.frameBytesMax, "a greeting is a legal frame");
  assert(chosen.fragmentBytesMax <= frameBodyBytesMax, "a fragment fits a frame");
  assert(chosen.streamHeaderBytesMax <= frameBodyBytesMax, "a stream header fits a frame");
  assert(chosen.protocolBytesMax <= chosen.handshakeFrameBytesMax, "a protocol name fits any frame");
  assert(chosen.bodyBytesMax <= chosen.outgoingBytesMax, "the largest body fits an empty queue");
  assert(chosen.bodyBytesMax <= chosen.incomingBytesMax, "the largest body fits an idle receiver");
  assert(chosen.incomingBytesMax <= chosen.incomingBytesTotalMax, "one peer's share is a part of the whole");
  assert(
    chosen.streamChunkBytesMax + chosen.streamChunkCostBytes <= chosen.streamWindowBytes,
    "the largest chunk fits a window, or its writer would wait for ever",
  );
  assert(chosen.pingAfterMs < chosen.silenceMaxMs, "a sign of life is asked for before the peer is given up");
  assert(chosen.redialMinMs <= chosen.redialMaxMs, "the back-off grows");
}

assertRelations(limits);
