import { assert, type Clock, type PeerId } from "@aspenjs/api";
import type { LinkReceiver, SessionLink } from "../session-link.ts";
import { MemoryPipe, type PipeConditions } from "./memory-pipe.ts";

/** Two links and the pipes between them. */
export class MemoryConnection {
  readonly dialer: PeerId;
  readonly listener: PeerId;
  readonly dialerLink: MemoryLink;
  readonly listenerLink: MemoryLink;
  readonly #forward: MemoryPipe;
  readonly #backward: MemoryPipe;
  readonly #onClosed: (connection: MemoryConnection) => void;

  constructor(
    clock: Clock,
    dialer: PeerId,
    listener: PeerId,
    conditions: (from: PeerId, to: PeerId) => PipeConditions,
    onClosed: (connection: MemoryConnection) => void,
  ) {
    this.dialer = dialer;
    this.listener = listener;
    this.#onClosed = onClosed;
    this.#forward = new MemoryPipe(clock, conditions(dialer, listener), () => this.dialerLink.onWritable());
    this.#backward = new MemoryPipe(clock, conditions(listener, dialer), () => this.listenerLink.onWritable());
    this.dialerLink = new MemoryLink(listener, true, this.#forward, this.#backward, this);
    this.listenerLink = new MemoryLink(dialer, false, this.#backward, this.#forward, this);
  }

  joins(left: PeerId, right: PeerId | undefined): boolean {
    if (right === undefined) return this.dialer === left || this.listener === left;
    return this.joins(left, undefined) && this.joins(right, undefined);
  }

  resume(): void {
    this.#forward.resume();
    this.#backward.resume();
  }

  /** Both sides learn of it at once, as from a TCP reset. */
  reset(): void {
    this.#forward.close();
    this.#backward.close();
    this.#onClosed(this);
    this.dialerLink.onLost();
    this.listenerLink.onLost();
  }

  /** One side is done with it: the other learns so behind everything that was written. */
  onLinkClosed(): void {
    if (this.dialerLink.isClosed && this.listenerLink.isClosed) this.#onClosed(this);
  }
}

type LinkState =
  | { readonly kind: "created" }
  | { readonly kind: "attached"; readonly receiver: LinkReceiver }
  | { readonly kind: "closed" };

export class MemoryLink implements SessionLink {
  readonly peerId: PeerId;
  readonly isDialer: boolean;
  readonly #outgoing: MemoryPipe;
  readonly #incoming: MemoryPipe;
  readonly #connection: MemoryConnection;
  #state: LinkState = { kind: "created" };

  constructor(peerId: PeerId, isDialer: boolean, outgoing: MemoryPipe, incoming: MemoryPipe, owner: MemoryConnection) {
    this.peerId = peerId;
    this.isDialer = isDialer;
    this.#outgoing = outgoing;
    this.#incoming = incoming;
    this.#connection = owner;
  }

  get isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  attach(receiver: LinkReceiver): void {
    if (this.#state.kind === "closed") {
      receiver.onClosed();
      return;
    }
    assert(this.#state.kind === "created", "a link has one receiver");
    this.#state = { kind: "attached", receiver };
    this.#incoming.receive({
      onData: (bytes) => {
        if (this.#state.kind === "attached") receiver.onData(bytes);
      },
      onEnd: () => this.onLost(),
      onBroken: () => this.#connection.reset(),
    });
  }

  write(bytes: Uint8Array): boolean {
    return this.#state.kind === "closed" ? false : this.#outgoing.write(bytes);
  }

  close(): void {
    if (this.#state.kind === "closed") return;
    this.#state = { kind: "closed" };
    this.#incoming.close();
    this.#outgoing.end();
    this.#connection.onLinkClosed();
  }

  onWritable(): void {
    if (this.#state.kind === "attached") this.#state.receiver.onWritable();
  }

  onLost(): void {
    const state = this.#state;
    if (state.kind === "closed") return;
    this.close();
    if (state.kind === "attached") state.receiver.onClosed();
  }
}
