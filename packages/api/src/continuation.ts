import { AspenError } from "./aspen-error.ts";
import { assertUserKey } from "./key.ts";

/** Where a truncated scan goes on: behind `after`, in the direction in which it was going. */
export interface Continuation {
  readonly after: string;
  readonly reverse: boolean;
}

/** The first byte of every continuation; another layout takes another number. */
const VERSION = 1;
const FORWARD = 0;
const REVERSE = 1;

const textEncoder = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Lower-case hex of version, direction and key: nobody mistakes it for a key, and every byte of it is checked. */
export function encodeContinuation({ after, reverse }: Continuation): string {
  const bytes = [VERSION, reverse ? REVERSE : FORWARD, ...textEncoder.encode(after)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @throws AspenError `invalid_request` */
export function decodeContinuation(text: string): Continuation {
  if (!/^([0-9a-f]{2}){3,}$/.test(text)) throw malformed();
  const bytes = Uint8Array.from({ length: text.length / 2 }, (_, position) =>
    Number.parseInt(text.slice(position * 2, position * 2 + 2), 16),
  );
  const direction = bytes[1];
  if (bytes[0] !== VERSION || (direction !== FORWARD && direction !== REVERSE)) throw malformed();
  try {
    const after = strictUtf8.decode(bytes.subarray(2));
    assertUserKey(after);
    return { after, reverse: direction === REVERSE };
  } catch (cause) {
    throw malformed(cause);
  }
}

function malformed(cause?: unknown): AspenError {
  return new AspenError("invalid_request", "not a continuation of this store", { cause });
}
