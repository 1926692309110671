import { assert, type ProtocolHandlers } from "@aspenjs/api";
import type { TransportLimits } from "./limits.ts";

const textEncoder = new TextEncoder();

/** What this endpoint answers to. Closed once the endpoint has started. */
export class ProtocolRegistry {
  readonly #limits: TransportLimits;
  readonly #handlers = new Map<string, ProtocolHandlers>();

  constructor(limits: TransportLimits) {
    this.#limits = limits;
  }

  add(protocol: string, handlers: ProtocolHandlers): void {
    assertProtocolName(protocol, this.#limits);
    assert(!this.#handlers.has(protocol), `protocol ${protocol} is handled once`);
    assert(this.#handlers.size < this.#limits.protocolsMax, "protocols are bounded");
    this.#handlers.set(protocol, handlers);
  }

  find(protocol: string): ProtocolHandlers | undefined {
    return this.#handlers.get(protocol);
  }
}

export function assertProtocolName(protocol: string, limits: TransportLimits): void {
  const byteLength = textEncoder.encode(protocol).byteLength;
  assert(byteLength > 0 && byteLength <= limits.protocolBytesMax, "a protocol name is short and not empty");
}
