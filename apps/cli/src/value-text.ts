/** `ignoreBOM` keeps a byte order mark: it is part of the value, and must come back. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const textEncoder = new TextEncoder();

/** The text that these bytes are in UTF-8; `undefined` when they are none. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

export function encodeText(text: string): Uint8Array {
  return textEncoder.encode(text);
}

/** A value as fields of a JSON object: text where it is text, base64 where it is not. Every value has one form. */
export type ValueFields = { readonly value: string } | { readonly valueBase64: string };

export function valueFields(value: Uint8Array): ValueFields {
  const text = decodeText(value);
  return text === undefined ? { valueBase64: Buffer.from(value).toString("base64") } : { value: text };
}

/** Standard base64 with padding and nothing else: one text for each value. `undefined` for anything other. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}
