import type { Clock, Logger, PeerGate, PeerId, ProtocolHandlers } from "@aspenjs/api";
import type { Endpoint } from "../endpoint.ts";
import type { TransportLimits } from "../limits.ts";

export interface HarnessEndpointOptions {
  readonly gate?: PeerGate;
  readonly limits?: Partial<TransportLimits>;
  readonly logger?: Logger;
}

/** What an adapter brings so that the acceptance cases can run on it. */
export interface TransportHarness {
  /** The only time that the cases know. */
  readonly clock: Clock;
  /** An endpoint that is not started. The same name is the same peer at the same address, also after a restart. */
  create(name: string, options?: HarnessEndpointOptions): Promise<Endpoint>;
  /** Ends an endpoint as a killed process ends: no goodbye, every connection breaks. */
  crash(endpoint: Endpoint): Promise<void>;
}

export const OPEN_GATE: PeerGate = { mayConnect: () => true, mayUse: () => true };

/** Deadline for what should not take any time worth mentioning. */
export const PROMPT = { deadlineMs: 20_000 };

export const ECHO = "/test/echo/1";

export interface Pair {
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly serverId: PeerId;
  readonly clientId: PeerId;
}

export interface PairOptions {
  readonly server?: HarnessEndpointOptions;
  readonly client?: HarnessEndpointOptions;
  readonly serverHandlers?: Readonly<Record<string, ProtocolHandlers>>;
  readonly clientHandlers?: Readonly<Record<string, ProtocolHandlers>>;
}

/** Two connected endpoints for the time of `use`. */
export async function withPair(
  harness: TransportHarness,
  options: PairOptions,
  use: (pair: Pair) => Promise<void>,
): Promise<void> {
  const server = await harness.create("server", options.server);
  const client = await harness.create("client", options.client);
  for (const [protocol, handlers] of Object.entries(options.serverHandlers ?? {})) server.handle(protocol, handlers);
  for (const [protocol, handlers] of Object.entries(options.clientHandlers ?? {})) client.handle(protocol, handlers);
  try {
    await Promise.all([server.start(), client.start()]);
    await client.connect(addressOf(server), PROMPT);
    await eventually(harness.clock, () => server.connectedPeers.includes(client.localPeerId));
    await use({ client, server, serverId: server.localPeerId, clientId: client.localPeerId });
  } finally {
    await Promise.all([client.stop(), server.stop()]);
  }
}

export function addressOf(endpoint: Endpoint): string {
  const [address] = endpoint.addresses;
  if (address === undefined) throw new Error("an endpoint that listens has an address");
  return address;
}

const POLL_MS = 5;

/** Waits for a condition that no event announces. */
export async function eventually(clock: Clock, isTrue: () => boolean, withinMs = 20_000): Promise<void> {
  const untilMs = clock.nowMs() + withinMs;
  while (!isTrue()) {
    if (clock.nowMs() > untilMs) throw new Error(`it did not come true within ${withinMs} ms`);
    await elapsed(clock, POLL_MS);
  }
}

export function elapsed(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(ms, resolve);
  });
}

/** Bytes that differ from place to place, so that a mix-up shows. */
export function patternedBytes(byteLength: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  for (let index = 0; index < byteLength; index += 1) bytes[index] = (index * 31 + seed * 17 + (index >>> 8)) & 0xff;
  return bytes;
}

/** A promise and what settles it. */
export interface Signal {
  readonly promise: Promise<void>;
  readonly fire: () => void;
}

export function createSignal(): Signal {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, fire: resolve };
}
