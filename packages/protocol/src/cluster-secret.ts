/**
 * The one secret that all nodes of a cluster share, and what is derived from it (HKDF-SHA256, RFC 5869).
 *
 * K1  Purposes have labels of their own: whoever learns one derived key learns neither the secret nor another key.
 * K2  Holding the secret is being the cluster. It leaves this object by `bytes()` and `format()` alone: printing,
 *     logging, JSON and the inspector get a placeholder.
 */
import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { assert, AspenError, type Random } from "@aspenjs/api";
import { decodeBase32 } from "./base32.ts";
import { decodeHex, encodeHex } from "./hex.ts";
import { protocolLimits } from "./limits.ts";

const KEY_BYTES = 32;
const NO_SALT = new Uint8Array();
const PLACEHOLDER = "[cluster secret]";
const TEXT_CHARACTERS_MAX = 2 * protocolLimits.secretBytesMax;

const textEncoder = new TextEncoder();

export class ClusterSecret {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  static generate(random: Random): ClusterSecret {
    return ClusterSecret.fromBytes(random.bytes(protocolLimits.secretBytesMin));
  }

  /** @throws AspenError `invalid_request`, without a word of the secret */
  static fromBytes(bytes: Uint8Array): ClusterSecret {
    const { secretBytesMin: min, secretBytesMax: max } = protocolLimits;
    if (bytes.byteLength < min || bytes.byteLength > max) {
      throw new AspenError("invalid_request", `a cluster secret has ${min} to ${max} bytes`, {
        details: { size: bytes.byteLength, min, max },
      });
    }
    return new ClusterSecret(Uint8Array.from(bytes));
  }

  /**
   * Reads hex or base32 without padding, in either case, with white space around it. Text of hex digits alone that is
   * long enough to be a secret in hex is hex.
   * @throws AspenError `invalid_request`, without a word of the secret
   */
  static parse(text: string): ClusterSecret {
    const digits = text.trim().toLowerCase();
    const bytes = digits.length > TEXT_CHARACTERS_MAX ? undefined : decodeDigits(digits);
    if (bytes === undefined) throw new AspenError("invalid_request", "a cluster secret is written in hex or base32");
    return ClusterSecret.fromBytes(bytes);
  }

  /** The secret itself, as lower-case hex. For the file that keeps it. */
  format(): string {
    return encodeHex(this.#bytes);
  }

  /** The secret itself. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** Proves membership to another node. */
  admissionKey(): KeyObject {
    return createSecretKey(this.#derive("aspen/admission/1"));
  }

  /** Signs tickets. */
  ticketKey(): KeyObject {
    return createSecretKey(this.#derive("aspen/ticket/1"));
  }

  /** Names the cluster's gossip topic: public, and nothing can be learned from it. */
  gossipTopic(): string {
    return `aspen/${encodeHex(this.#derive("aspen/gossip-topic/1"))}`;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return PLACEHOLDER;
  }

  #derive(label: string): Uint8Array {
    const key = new Uint8Array(hkdfSync("sha256", this.#bytes, NO_SALT, textEncoder.encode(label), KEY_BYTES));
    assert(key.byteLength === KEY_BYTES, "a derived key has its full length");
    return key;
  }
}

function decodeDigits(digits: string): Uint8Array | undefined {
  const fromHex = digits.length >= 2 * protocolLimits.secretBytesMin ? decodeHex(digits) : undefined;
  return fromHex ?? decodeBase32(digits);
}
