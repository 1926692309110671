import { AspenError, limits } from "@aspenjs/api";
import type { Host } from "./host.ts";
import { encodeText } from "./value-text.ts";

/**
 * A value from the command line; `-` and none at all stand for standard input, of which every byte is the value.
 * @throws AspenError `value_too_large`, without reading on
 */
export async function readValue(text: string | undefined, host: Host): Promise<Uint8Array> {
  if (text !== undefined && text !== "-") return encodeText(text);
  const { input, errors } = host.terminal;
  if (input.isTty) await errors.write("reading the value from the terminal; Ctrl-D ends it\n");
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input.chunks()) {
    size += chunk.byteLength;
    if (size > limits.valueBytesMax) {
      const max = limits.valueBytesMax;
      throw new AspenError("value_too_large", `the value has more than ${max} bytes`, { details: { max } });
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
