import type { ProtocolHandlers } from "@aspenjs/api";
import { FRAME_KINDS } from "./frame-kind.ts";
import type { TransportLimits } from "./limits.ts";
import type { OutgoingQueue } from "./outgoing-queue.ts";
import { assertProtocolName, type ProtocolRegistry } from "./protocol-registry.ts";
import { violation, type SessionFault } from "./session-fault.ts";

const textEncoder = new TextEncoder();
const strictTextDecoder = new TextDecoder("utf-8", { fatal: true });

/** Numbers that this side gave to protocol names: a name crosses the wire once per session, before its first use. */
export class OutgoingProtocolNames {
  readonly #queue: OutgoingQueue;
  readonly #limits: TransportLimits;
  readonly #numbers = new Map<string, number>();

  constructor(queue: OutgoingQueue, limits: TransportLimits) {
    this.#queue = queue;
    this.#limits = limits;
  }

  /** The number of the name, or `undefined` when there is no room to declare one. */
  numberOf(protocol: string): number | undefined {
    return this.#numbers.get(protocol) ?? this.#declare(protocol);
  }

  #declare(protocol: string): number | undefined {
    const number = this.#numbers.size;
    assertProtocolName(protocol, this.#limits);
    const name = textEncoder.encode(protocol);
    if (number >= this.#limits.protocolsMax || !this.#queue.hasRoom(name.byteLength)) return undefined;
    this.#numbers.set(protocol, number);
    this.#queue.write(FRAME_KINDS.name, number, name);
    return number;
  }
}

export interface NamedProtocol {
  readonly protocol: string;
  /** Without one the name is known and nothing answers to it. */
  readonly handlers: ProtocolHandlers | undefined;
}

/** Numbers that the peer gave. */
export class IncomingProtocolNames {
  readonly #registry: ProtocolRegistry;
  readonly #limits: TransportLimits;
  readonly #named: NamedProtocol[] = [];

  constructor(registry: ProtocolRegistry, limits: TransportLimits) {
    this.#registry = registry;
    this.#limits = limits;
  }

  declare(number: number, name: Uint8Array): SessionFault | undefined {
    if (number !== this.#named.length) return violation("protocol numbers are given in order");
    if (number >= this.#limits.protocolsMax) return violation("too many protocol names");
    if (name.byteLength === 0 || name.byteLength > this.#limits.protocolBytesMax) {
      return violation("protocol name has a bad length");
    }
    const protocol = decodeStrictly(name);
    if (protocol === undefined) return violation("protocol name is not text");
    this.#named.push({ protocol, handlers: this.#registry.find(protocol) });
    return undefined;
  }

  get(number: number): NamedProtocol | undefined {
    return this.#named[number];
  }
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return strictTextDecoder.decode(bytes);
  } catch {
    // The decoder's only way to say that bytes are not UTF-8.
    return undefined;
  }
}
