import { DecodeError, decodeRow, encodeRow } from "@aspenjs/codec";
import { copiedBytes } from "./copied-bytes.ts";

/** What both sides say first. The version is the frame's id, so that it can be read whatever the body looks like. */
export interface Hello {
  /** Drawn at every start of an endpoint: tells a crossing dial from a peer that was started again. */
  readonly instance: Uint8Array;
}

export const INSTANCE_BYTES = 8;
const HELLO_BYTES_MAX = 64;

export function encodeHello(hello: Hello): Uint8Array {
  return encodeRow([hello.instance]);
}

export function decodeHello(body: Uint8Array): Hello | undefined {
  try {
    const row = decodeRow(body, HELLO_BYTES_MAX);
    const instance = copiedBytes(row.fixedBytes("instance", INSTANCE_BYTES));
    row.end();
    return { instance };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

export function isSameInstance(left: Hello, right: Hello): boolean {
  return left.instance.every((byte, index) => byte === right.instance[index]);
}
