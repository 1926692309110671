import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { parseEndpoint } from "../../src/endpoint-address.ts";
import { UsageError } from "../../src/usage-error.ts";

export const target = defineTarget<string>({
  name: "cli/endpoint",
  decodes: "an address on the command line",
  covers: ["parseEndpoint"],
  frameBytesMax: 4_096,
  seeds: () => ["127.0.0.1:7600", "localhost:1", "[::1]:65535", "/ip4/127.0.0.1/tcp/7600", "a:99999"].map(bytesOf),
  dictionary: [":", "[", "]", "/tcp/", "00000", "65536"].map(bytesOf),
  decode: throwing((bytes) => parseEndpoint(textOf(bytes)), UsageError),
  encode: { form: "normal", write: bytesOf },
  check: (address, bytes) => {
    if (!address.startsWith("/")) throw new Error(`${address} is no multiaddr`);
    const port = /\/tcp\/(.*)$/.exec(address)?.[1] ?? "";
    if (bytes[0] !== 0x2f && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
      throw new Error(`${port} is no port`);
    }
  },
  canaries: [
    {
      name: "ports that there are not",
      file: "apps/cli/src/endpoint-address.ts",
      find: "Number(port) < 1 || Number(port) > 65_535",
      replace: "Number(port) < 1",
    },
  ],
});
