import { AspenError } from "../aspen-error.ts";
import type { Codec } from "./codec.ts";

const textEncoder = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text as UTF-8. What is no UTF-8 is refused, and so is text with an unpaired surrogate, which UTF-8 does not have. */
export function text(): Codec<string> {
  return { encode: encodeText, decode: decodeText };
}

/** @throws AspenError `invalid_request` */
export function encodeText(value: string): Uint8Array {
  if (typeof value === "string" && value.isWellFormed()) return textEncoder.encode(value);
  throw new AspenError("invalid_request", "the value is no text without unpaired surrogates");
}

/** @throws AspenError `unsupported` */
export function decodeText(value: Uint8Array): string {
  try {
    return strictUtf8.decode(value);
  } catch (cause) {
    throw new AspenError("unsupported", "the value is no UTF-8 text", { cause });
  }
}
