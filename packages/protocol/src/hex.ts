const HEX = /^(?:[0-9a-f]{2})*$/;

export function encodeHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `undefined` for text that `encodeHex` does not write. */
export function decodeHex(text: string): Uint8Array | undefined {
  if (!HEX.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, position) =>
    Number.parseInt(text.slice(position * 2, position * 2 + 2), 16),
  );
}
