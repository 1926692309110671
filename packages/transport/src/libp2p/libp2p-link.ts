import type { Connection, Stream, StreamMessageEvent } from "@libp2p/interface";
import { assert, type PeerId } from "@aspenjs/api";
import type { LinkReceiver, SessionLink } from "../session-link.ts";
import { quietWindow } from "./quiet-window.ts";

const CLOSE_TIMEOUT_MS = 1_000;

type LinkState =
  | { readonly kind: "created" }
  | { readonly kind: "attached"; readonly receiver: LinkReceiver }
  | { readonly kind: "closed" };

const CLOSED: LinkState = { kind: "closed" };

/** The one libp2p stream of a connection, and the connection with it: they live and end together. */
export class Libp2pLink implements SessionLink {
  readonly peerId: PeerId;
  readonly isDialer: boolean;
  readonly #stream: Stream;
  readonly #connection: Connection;
  #state: LinkState = { kind: "created" };

  constructor(stream: Stream, connection: Connection) {
    this.peerId = connection.remotePeer.toString();
    this.isDialer = connection.direction === "outbound";
    this.#stream = stream;
    this.#connection = connection;
  }

  attach(receiver: LinkReceiver): void {
    assert(this.#state.kind === "created", "a link has one receiver");
    this.#state = { kind: "attached", receiver };
    quietWindow(this.#stream);
    this.#stream.addEventListener("message", this.#onMessage);
    this.#stream.addEventListener("drain", this.#onDrain);
    // Whichever comes first: the peer ended its side, the stream is gone, or the connection is.
    this.#stream.addEventListener("remoteCloseWrite", this.#onEnd);
    this.#stream.addEventListener("close", this.#onEnd);
    this.#connection.addEventListener("close", this.#onEnd);
    if (this.#connection.status !== "open" || this.#stream.status !== "open") queueMicrotask(this.#onEnd);
  }

  write(bytes: Uint8Array): boolean {
    // A stream that has just ended says so by an event: the writer need not care.
    if (this.#state.kind === "closed" || this.#stream.writeStatus !== "writable") return false;
    return this.#stream.send(bytes);
  }

  close(): void {
    this.#detach();
    void this.#close();
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    const { data } = event;
    if (data instanceof Uint8Array) {
      this.#onBytes(data);
      return;
    }
    for (const piece of data) this.#onBytes(piece);
  };

  readonly #onDrain = (): void => {
    if (this.#state.kind === "attached") this.#state.receiver.onWritable();
  };

  readonly #onEnd = (): void => {
    const state = this.#state;
    this.close();
    if (state.kind === "attached") state.receiver.onClosed();
  };

  #onBytes(bytes: Uint8Array): void {
    if (this.#state.kind === "attached") this.#state.receiver.onData(bytes);
  }

  #detach(): void {
    this.#state = CLOSED;
    this.#stream.removeEventListener("message", this.#onMessage);
    this.#stream.removeEventListener("drain", this.#onDrain);
    this.#stream.removeEventListener("remoteCloseWrite", this.#onEnd);
    this.#stream.removeEventListener("close", this.#onEnd);
    this.#connection.removeEventListener("close", this.#onEnd);
  }

  /** Gracefully while the peer reads, so that a goodbye arrives; by force after a second. */
  async #close(): Promise<void> {
    try {
      const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
      if (this.#stream.status === "open") await this.#stream.close({ signal });
      await this.#connection.close({ signal });
    } catch (error) {
      this.#connection.abort(error instanceof Error ? error : new Error("closing failed", { cause: error }));
    }
  }
}
