import type { Connection, PeerId as Libp2pPeerId, Stream } from "@libp2p/interface";
import type { Libp2p } from "libp2p";
import { AspenError, type CancelTimer, type Clock, type PeerId } from "@aspenjs/api";
import type { TransportLimits } from "../limits.ts";
import type { SessionBackend } from "../session-backend.ts";
import type { SessionLink } from "../session-link.ts";
import { addressOfPeer, peerIdOfAddress } from "./address.ts";
import { Libp2pLink } from "./libp2p-link.ts";

/** The one protocol that libp2p negotiates; everything of ours travels inside. */
const SESSION_PROTOCOL = "/aspen/session/1";

/** Links over libp2p connections: one stream per connection, opened by the side that dialled. */
export class Libp2pBackend implements SessionBackend {
  readonly localPeerId: PeerId;
  readonly #node: Libp2p;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  /** Connections of peers that have not opened their stream yet: bounded in time, like every half-open thing. */
  readonly #waiting = new Map<string, CancelTimer>();

  constructor(node: Libp2p, clock: Clock, limits: TransportLimits) {
    this.localPeerId = node.peerId.toString();
    this.#node = node;
    this.#clock = clock;
    this.#limits = limits;
  }

  get addresses(): readonly string[] {
    return this.#node.getMultiaddrs().map((address) => address.toString());
  }

  async start(onLink: (link: SessionLink) => void): Promise<void> {
    this.#node.addEventListener("connection:open", (event) => this.#onConnection(event.detail));
    this.#node.addEventListener("connection:close", (event) => this.#forget(event.detail));
    await this.#node.handle(
      SESSION_PROTOCOL,
      (stream, connection) => {
        this.#forget(connection);
        onLink(new Libp2pLink(stream, connection));
      },
      { maxInboundStreams: 1, maxOutboundStreams: 1 },
    );
    try {
      await this.#node.start();
    } catch (error) {
      throw listenError(error);
    }
  }

  async stop(): Promise<void> {
    for (const cancelTimer of this.#waiting.values()) cancelTimer();
    this.#waiting.clear();
    await this.#node.stop();
  }

  peerIdOf(address: string): PeerId | undefined {
    return peerIdOfAddress(address);
  }

  async dial(address: string, expected: PeerId | undefined, signal: AbortSignal): Promise<SessionLink> {
    const target = addressOfPeer(address, expected);
    try {
      // `force`: a connection that libp2p still lists may be one whose session has just ended.
      const connection = await this.#node.dial(target, { signal, force: true });
      const stream = await this.#openStream(connection, signal);
      return new Libp2pLink(stream, connection);
    } catch (error) {
      throw dialError(error, signal);
    }
  }

  async #openStream(connection: Connection, signal: AbortSignal): Promise<Stream> {
    try {
      return await connection.newStream(SESSION_PROTOCOL, { signal });
    } catch (error) {
      connection.abort(error instanceof Error ? error : new Error("no stream", { cause: error }));
      throw error;
    }
  }

  #onConnection(connection: Connection): void {
    if (connection.direction !== "inbound") return;
    const cancelTimer = this.#clock.setTimer(this.#limits.handshakeTimeoutMs, () => {
      this.#waiting.delete(connection.id);
      connection.abort(new AspenError("timeout", "no session was opened in time"));
    });
    this.#waiting.set(connection.id, cancelTimer);
  }

  #forget(connection: Connection): void {
    this.#waiting.get(connection.id)?.();
    this.#waiting.delete(connection.id);
  }
}

/** libp2p's gater hooks: `true` denies. Membership is asked as soon as the peer has proven who it is. */
export function connectionGater(mayConnect: (peerId: PeerId) => boolean, onRefused: (peerId: PeerId) => void) {
  const deny = (peerId: Libp2pPeerId): boolean => {
    const name = peerId.toString();
    if (mayConnect(name)) return false;
    onRefused(name);
    return true;
  };
  return { denyDialPeer: deny, denyInboundEncryptedConnection: deny, denyOutboundEncryptedConnection: deny };
}

/** libp2p puts advice, addresses and stacks into one text; the lines that begin with an address say what happened. */
function listenError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const refusals = error.message.split("\n").flatMap((line) => (line.trim().startsWith("/") ? [line.trim()] : []));
  return refusals.length === 0 ? error : new Error(refusals.join("; "));
}

function dialError(error: unknown, signal: AbortSignal): AspenError {
  if (signal.reason instanceof AspenError) return signal.reason;
  if (error instanceof AspenError) return error;
  const name = error instanceof Error ? error.name : "";
  // Our own gate, which libp2p asked.
  if (name === "DialDeniedError" || name === "ConnectionInterceptedError") {
    return new AspenError("forbidden", "this peer may not be connected", { cause: error });
  }
  return new AspenError("unavailable", "the dial failed", { cause: error });
}
