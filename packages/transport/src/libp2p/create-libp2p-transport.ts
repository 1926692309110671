import { noise } from "@libp2p/noise";
import { assertAddress } from "./address.ts";
import { coalescingTcp } from "./coalescing-tcp.ts";
import { yamux } from "@libp2p/yamux";
import { createLibp2p, type Libp2p } from "libp2p";
import { SILENT_LOGGER, type Clock, type Logger, type PeerGate, type Random } from "@aspenjs/api";
import { Endpoint } from "../endpoint.ts";
import { resolveLimits, type TransportLimits } from "../limits.ts";
import { RefusalLog } from "../refusal-log.ts";
import { generateIdentity, readPrivateKey } from "./identity.ts";
import { Libp2pBackend, connectionGater } from "./libp2p-backend.ts";
import { createSystemClock } from "./system-clock.ts";
import { createSystemRandom } from "./system-random.ts";

export interface Libp2pTransportOptions {
  /** From `generateIdentity`. Without one the endpoint is somebody new at every start. */
  readonly privateKey?: Uint8Array;
  /** Multiaddrs such as `/ip4/0.0.0.0/tcp/7000`; port 0 picks one. */
  readonly listen: readonly string[];
  readonly gate: PeerGate;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  readonly limits?: Partial<TransportLimits>;
}

const KIB = 1_024;
const YAMUX_WINDOW_BYTES_MIN = 256 * KIB;
/**
 * What may lie in a link in front of a small frame, so not large; and far below libp2p's read buffer (4 MiB), beyond
 * which a stream is lost. At a round trip of 50 ms it still carries 10 MiB/s.
 */
const YAMUX_WINDOW_BYTES_MAX = 512 * KIB;
const INBOUND_CONNECTIONS_PER_SECOND_MAX = 256;
const LISTEN_BACKLOG = 512;

/**
 * An endpoint over TCP, Noise and Yamux. It listens once it is started.
 * @throws AspenError `invalid_request` (an address to listen on), `corrupt` (the private key)
 */
export async function createLibp2pTransport(options: Libp2pTransportOptions): Promise<Endpoint> {
  const clock = options.clock ?? createSystemClock();
  const random = options.random ?? createSystemRandom();
  const logger = options.logger ?? SILENT_LOGGER;
  const limits = resolveLimits(options.limits);
  for (const address of options.listen) assertAddress(address);
  const privateKey = options.privateKey ?? (await generateIdentity()).privateKey;
  const node = await createNode(privateKey, options, clock, logger, limits);
  return new Endpoint(new Libp2pBackend(node, clock, limits), {
    gate: options.gate,
    clock,
    random,
    logger,
    limits: options.limits,
  });
}

function createNode(
  privateKey: Uint8Array,
  options: Libp2pTransportOptions,
  clock: Clock,
  logger: Logger,
  limits: TransportLimits,
): Promise<Libp2p> {
  const refusals = new RefusalLog(clock, logger, limits.refusalLinesPerSecondMax);
  return createLibp2p({
    start: false,
    privateKey: readPrivateKey(privateKey),
    addresses: { listen: [...options.listen] },
    transports: [coalescingTcp({ backlog: LISTEN_BACKLOG })],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: 2,
        maxOutboundStreams: 2,
        streamOptions: {
          initialStreamWindowSize: YAMUX_WINDOW_BYTES_MIN,
          maxStreamWindowSize: YAMUX_WINDOW_BYTES_MAX,
        },
      }),
    ],
    connectionGater: connectionGater(
      (peerId) => options.gate.mayConnect(peerId),
      (peerId) => refusals.refused(peerId, "connection", "forbidden"),
    ),
    // Its pings abort healthy connections under load; sessions look after themselves.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: limits.connectionsMax,
      maxIncomingPendingConnections: limits.handshakesMax,
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND_MAX,
      inboundUpgradeTimeout: limits.handshakeTimeoutMs,
      dialTimeout: limits.connectTimeoutMs,
      addressDialTimeout: limits.connectTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: limits.handshakeTimeoutMs,
      outboundStreamProtocolNegotiationTimeout: limits.handshakeTimeoutMs,
    },
  });
}
