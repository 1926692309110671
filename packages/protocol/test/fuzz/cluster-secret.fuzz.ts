import { AspenError } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { encodeBase32 } from "../../src/base32.ts";
import { ClusterSecret } from "../../src/cluster-secret.ts";
import { protocolLimits } from "../../src/limits.ts";

export const target = defineTarget<ClusterSecret>({
  name: "protocol/cluster-secret",
  decodes: "the text of a cluster secret: hex or base32",
  covers: [],
  frameBytesMax: 2 * protocolLimits.secretBytesMax,
  seeds: () => [
    bytesOf("09".repeat(32)),
    bytesOf(`  ${"0A".repeat(40)}\n`),
    bytesOf(encodeBase32(new Uint8Array(32).fill(200))),
  ],
  decode: throwing((bytes) => ClusterSecret.parse(textOf(bytes)), AspenError),
  encode: { form: "normal", write: (secret) => bytesOf(secret.format()) },
  check: (secret) => {
    const { byteLength } = secret.bytes();
    if (byteLength < protocolLimits.secretBytesMin) throw new Error(`a secret of ${byteLength} bytes`);
  },
  canaries: [
    {
      name: "a secret of any length",
      file: "packages/protocol/src/cluster-secret.ts",
      find: "if (bytes.byteLength < min || bytes.byteLength > max) {",
      replace: "if (bytes.byteLength > max) {",
    },
    {
      name: "text that is no secret is an empty one",
      file: "packages/protocol/src/cluster-secret.ts",
      find: 'if (bytes === undefined) throw new AspenError("invalid_request", "a cluster secret is written in hex or base32");',
      replace: 'if (bytes === undefined) throw new TypeError("no secret");',
    },
  ],
});
