import { assert, type PeerId } from "@aspenjs/api";
import type { LinkReceiver, SessionLink } from "@aspenjs/transport";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { PipeItem, VirtualPipe } from "./virtual-pipe.ts";

type LinkState =
  | { readonly kind: "created" }
  | { readonly kind: "attached"; readonly receiver: LinkReceiver }
  | { readonly kind: "closed" };

/** One end of a connection, as its process holds it. */
export class VirtualLink implements SessionLink {
  readonly peerId: PeerId;
  readonly isDialer: boolean;
  readonly #process: SimulatedProcess;
  readonly #outgoing: VirtualPipe;
  readonly #incoming: VirtualPipe;
  readonly #onClosed: () => void;
  #state: LinkState = { kind: "created" };
  #isForgotten = false;

  constructor(init: {
    readonly peerId: PeerId;
    readonly isDialer: boolean;
    readonly process: SimulatedProcess;
    readonly outgoing: VirtualPipe;
    readonly incoming: VirtualPipe;
    readonly onClosed: () => void;
  }) {
    this.peerId = init.peerId;
    this.isDialer = init.isDialer;
    this.#process = init.process;
    this.#outgoing = init.outgoing;
    this.#incoming = init.incoming;
    this.#onClosed = init.onClosed;
  }

  get isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  /** The machine of this end has come back and knows nothing of the connection: whoever writes to it is told so. */
  get isForgotten(): boolean {
    return this.#isForgotten;
  }

  forget(): void {
    this.#isForgotten = this.isClosed;
  }

  attach(receiver: LinkReceiver): void {
    if (this.#state.kind === "closed") {
      receiver.onClosed();
      return;
    }
    assert(this.#state.kind === "created", "a link has one receiver");
    this.#state = { kind: "attached", receiver };
    this.#outgoing.onWritable(() => {
      if (this.#state.kind === "attached") receiver.onWritable();
    });
    this.#incoming.receive((item) => this.#take(item, receiver));
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state.kind === "closed" || !this.#process.operate()) return false;
    return this.#outgoing.write(bytes);
  }

  close(): void {
    if (this.#state.kind === "closed" || !this.#process.operate()) return;
    this.#close();
    this.#outgoing.end();
  }

  /** The connection is gone, and this end hears of it now. */
  lose(): void {
    const state = this.#state;
    if (state.kind === "closed") return;
    this.#close();
    this.#outgoing.cut();
    if (state.kind === "attached") state.receiver.onClosed();
  }

  /** The process of this end is gone. Its system says so to the other end, unless the system is gone as well. */
  abandon(isSaid: boolean): void {
    if (this.#state.kind === "closed") return;
    this.#close();
    if (isSaid) this.#outgoing.cut();
  }

  #close(): void {
    this.#state = { kind: "closed" };
    this.#incoming.close();
    this.#onClosed();
  }

  #take(item: PipeItem, receiver: LinkReceiver): void {
    if (this.#state.kind !== "attached") return;
    if (item.kind === "bytes") receiver.onData(item.bytes);
    else this.lose();
  }
}
