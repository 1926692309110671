import type { AspenError, IncomingRequest, PeerId } from "@aspenjs/api";

/** Makes its `AbortSignal` only for handlers that look at it: most requests are answered before anyone could. */
export class ServedRequest implements IncomingRequest {
  readonly peerId: PeerId;
  readonly body: Uint8Array;
  #controller: AbortController | undefined;
  #givenUp: AspenError | undefined;

  constructor(peerId: PeerId, body: Uint8Array) {
    this.peerId = peerId;
    this.body = body;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#givenUp !== undefined) this.#controller.abort(this.#givenUp);
    }
    return this.#controller.signal;
  }

  get isGivenUp(): boolean {
    return this.#givenUp !== undefined;
  }

  giveUp(error: AspenError): void {
    if (this.#givenUp !== undefined) return;
    this.#givenUp = error;
    this.#controller?.abort(error);
  }
}
