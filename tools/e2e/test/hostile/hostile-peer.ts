import type { Connection } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { within } from "../../src/bounded-wait.ts";
import { HostileSession } from "./hostile-session.ts";

const SESSION_PROTOCOL = "/aspen/session/1";
const OPEN_MS_MAX = 10_000;

/** Proves an identity of its own as libp2p asks for it, and then says what it likes. */
export class HostilePeer {
  readonly #node: Libp2p;

  private constructor(node: Libp2p) {
    this.#node = node;
  }

  static async create(): Promise<HostilePeer> {
    const node = await createLibp2p({
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false },
    });
    return new HostilePeer(node);
  }

  get peerId(): string {
    return this.#node.peerId.toString();
  }

  /** Connects and does nothing else, until the other side has ended the connection. */
  async idle(address: string, withinMs: number): Promise<void> {
    const connection = await this.#dial(address);
    const closed = new Promise<void>((resolve) =>
      connection.addEventListener("close", () => resolve(), { once: true }),
    );
    await within(withinMs, "an idle connection is closed by the node", closed);
  }

  /** The session's stream, on which nothing has been said. */
  async openSession(address: string): Promise<HostileSession> {
    const connection = await this.#dial(address);
    const signal = AbortSignal.timeout(OPEN_MS_MAX);
    const stream = await connection.newStream(SESSION_PROTOCOL, { signal });
    return new HostileSession(stream, this.peerId < connection.remotePeer.toString());
  }

  async close(): Promise<void> {
    await within(OPEN_MS_MAX, "a hostile peer stops", Promise.resolve(this.#node.stop()));
  }

  #dial(address: string): Promise<Connection> {
    return this.#node.dial(multiaddr(address), { signal: AbortSignal.timeout(OPEN_MS_MAX) });
  }
}
