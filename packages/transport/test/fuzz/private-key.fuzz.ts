import { AspenError } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { generateKeyPair, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import { readIdentity } from "../../src/libp2p/identity.ts";

const keys = await Promise.all([generateKeyPair("Ed25519"), generateKeyPair("secp256k1")]);

export const target = defineTarget<string>({
  name: "transport/private-key",
  decodes: "the key in which a node's identity rests",
  covers: ["readIdentity", "readPrivateKey"],
  frameBytesMax: 4_096,
  seeds: () => keys.map((key) => privateKeyToProtobuf(key)),
  decode: throwing((bytes) => readIdentity(bytes).peerId, AspenError),
  canaries: [
    {
      name: "the library's error escapes",
      file: "packages/transport/src/libp2p/identity.ts",
      find: 'throw new AspenError("corrupt", "not a private key", { cause });',
      replace: "throw cause;",
    },
  ],
});
