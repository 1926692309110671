import type { AspenError, PeerId, TransportStream } from "@aspenjs/api";
import { FRAME_KINDS } from "./frame-kind.ts";
import type { SessionContext } from "./session-context.ts";
import type { SessionFault } from "./session-fault.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamWriter } from "./stream-writer.ts";
import { errorOfHandler, readerLeft } from "./transport-error.ts";
import { encodeWireError } from "./wire-error.ts";

export interface SessionStreamInit {
  readonly id: number;
  readonly protocol: string;
  readonly header: Uint8Array;
  readonly isOpenedByPeer: boolean;
  /** Both halves are over: the table lets the stream go. */
  readonly onOver: (stream: SessionStream) => void;
}

/** One stream of a session: both halves, and the two ways in which it ends. */
export class SessionStream implements TransportStream {
  readonly peerId: PeerId;
  readonly header: Uint8Array;
  readonly id: number;
  readonly protocol: string;
  readonly isOpenedByPeer: boolean;
  readonly #context: SessionContext;
  readonly #onOver: (stream: SessionStream) => void;
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  #isOver = false;

  constructor(context: SessionContext, init: SessionStreamInit) {
    this.#context = context;
    this.peerId = context.peerId;
    this.header = init.header;
    this.id = init.id;
    this.protocol = init.protocol;
    this.isOpenedByPeer = init.isOpenedByPeer;
    this.#onOver = init.onOver;
    const { limits, queue } = context;
    this.#reader = new StreamReader(limits, (costBytes) => this.grant(costBytes));
    this.#writer = new StreamWriter(init.id, queue, limits, () => this.#checkOver());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Received and not read. */
  get heldBytes(): number {
    return this.#reader.heldBytes;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#writer.write(chunk);
  }

  end(): Promise<void> {
    return this.#writer.end();
  }

  abort(error: Error): void {
    if (this.#isOver) return;
    const answer = errorOfHandler(error, this.#context.logger, this.protocol);
    this.#context.queue.writeControl(FRAME_KINDS.abort, this.id, encodeWireError(answer));
    this.fail(answer);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => this.#reader.next(),
      // A loop that was left early: nobody will read the rest, and its sender should know.
      return: () => {
        if (!this.#reader.isEnded) this.abort(readerLeft());
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** Tells the peer that it may send so much more. */
  grant(costBytes: number): void {
    this.#context.queue.writeControl(FRAME_KINDS.credit, this.id, undefined, costBytes);
  }

  onChunk(fragment: Uint8Array, isLast: boolean): SessionFault | undefined {
    return this.#reader.onChunk(fragment, isLast);
  }

  onCredit(costBytes: number): SessionFault | undefined {
    return this.#writer.onCredit(costBytes);
  }

  onEnd(): SessionFault | undefined {
    const fault = this.#reader.onEnd();
    this.#checkOver();
    return fault;
  }

  /** The handler has returned: this side says no more and listens no more. */
  finish(): void {
    this.#reader.discard();
    if (this.#writer.isOpen) this.end().catch(() => this.#checkOver());
    this.#checkOver();
  }

  /** The session is over. */
  lose(error: AspenError): void {
    if (this.#isOver) return;
    this.#reader.lose(error);
    this.#writer.fail(error);
    this.#checkOver();
  }

  /** Both halves end here, without a word to the peer. */
  fail(error: AspenError): void {
    if (this.#isOver) return;
    this.#reader.fail(error);
    this.#writer.fail(error);
    this.#checkOver();
  }

  #checkOver(): void {
    if (this.#isOver || !this.#reader.isEnded || !this.#writer.isEnded) return;
    this.#isOver = true;
    this.#onOver(this);
  }
}
