/**
 * What a target says about one decoder. A target is one file, `test/fuzz/NOUN.fuzz.ts` of the package that owns the
 * decoder, which exports it as `target`; whatever finds such files runs them (README.md).
 */
import type { Canary } from "@aspenjs/canary";
import type { Arbitrary } from "fast-check";

/** What bytes came to: a value, or the refusal that the decoder documents. Anything else is thrown, and a finding. */
export type Decoded<Value> = { readonly kind: "value"; readonly value: Value } | { readonly kind: "refused" };

export interface FuzzTarget<Value> {
  /** Package and file, such as `raft/message` for `packages/raft/test/fuzz/message.fuzz.ts`. */
  readonly name: string;
  /** What the bytes are, in one line. */
  readonly decodes: string;
  /** Exported decoders of the package that this target runs, by name. */
  readonly covers: readonly string[];
  /** The bound that the decoder keeps for one input. */
  readonly frameBytesMax: number;
  /** Why the decoder may allocate more than twice its frame, and how many times; two when left out. */
  readonly amplification?: { readonly times: number; readonly reason: string };
  /** Valid inputs, made by the encoders. */
  seeds(): readonly Uint8Array[];
  /** Byte sequences that mean something to the decoder, beyond numbers and heads of rows. */
  readonly dictionary?: readonly Uint8Array[];
  /** Random values that must survive `encode` and `decode`. Needs `encode`. */
  readonly values?: Arbitrary<Value>;
  /** Runs the decoder, and nothing that is not measured with it. */
  decode(bytes: Uint8Array): Decoded<Value>;
  /**
   * Writes what `decode` returned.
   * `canonical`: every accepted input is exactly what this gives for its value.
   * `normal`: several inputs may mean one value; decoding what this gives comes to the same again.
   */
  readonly encode?: { readonly form: "canonical" | "normal"; write(value: Value): Uint8Array };
  /** What else must hold for an accepted input. Throws when it does not. */
  check?(value: Value, bytes: Uint8Array): void;
  /** The row or whatever else is wrapped in text or checksums: mutations may reach for it. */
  readonly inner?: { open(bytes: Uint8Array): Uint8Array | undefined; close(inner: Uint8Array): Uint8Array };
  /** Makes checksums and lengths right again after a mutation, so that it gets behind them. */
  repair?(bytes: Uint8Array): Uint8Array;
  /** Bugs to plant, each of which this target must find. */
  readonly canaries: readonly [Canary, ...Canary[]];
}

/** A target whose values are nobody's business any more: what engine, command line and tests work with. */
export type AnyTarget = FuzzTarget<unknown>;

export function defineTarget<Value>(target: FuzzTarget<Value>): FuzzTarget<Value> {
  return target;
}

type ErrorClass = abstract new (...values: never[]) => Error;

/** For decoders that throw: what they return is the value, and errors of these classes are their refusal. */
export function throwing<Value>(
  decode: (bytes: Uint8Array) => Value,
  ...refusals: readonly ErrorClass[]
): (bytes: Uint8Array) => Decoded<Value> {
  return (bytes) => {
    try {
      return { kind: "value", value: decode(bytes) };
    } catch (error) {
      if (refusals.some((refusal) => error instanceof refusal)) return { kind: "refused" };
      throw error;
    }
  };
}

/** For decoders that return `undefined` when they refuse. */
export function optional<Value>(
  decode: (bytes: Uint8Array) => Value | undefined,
): (bytes: Uint8Array) => Decoded<Value> {
  return (bytes) => {
    const value = decode(bytes);
    return value === undefined ? { kind: "refused" } : { kind: "value", value };
  };
}

export function bytesOfHex(...texts: readonly string[]): readonly Uint8Array[] {
  return texts.map((text) => Uint8Array.from(Buffer.from(text, "hex")));
}
