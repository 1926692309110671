import { defineTarget } from "@aspenjs/fuzz";
import { bytesOf } from "@aspenjs/fuzz/text-bytes";
import { limits } from "../../src/limits.ts";
import { IncomingProtocolNames } from "../../src/protocol-names.ts";
import { ProtocolRegistry } from "../../src/protocol-registry.ts";

const registry = new ProtocolRegistry(limits);
registry.add("/aspen/raft/1", {});

/** The first byte is the number, the rest the name. */
export const target = defineTarget<string>({
  name: "transport/protocol-name",
  decodes: "the name that a peer gives to a number",
  covers: [],
  frameBytesMax: 4_096,
  seeds: () => ["\u0000/aspen/raft/1", "\u0000/p", "\u0001/p", `\u0000/${"é".repeat(60)}`].map(bytesOf),
  decode: (bytes) => {
    const names = new IncomingProtocolNames(registry, limits);
    const number = bytes[0] ?? 0;
    if (names.declare(number, bytes.subarray(1)) !== undefined) return { kind: "refused" };
    const named = names.get(number);
    if (named === undefined) throw new Error("declared, and not there");
    return { kind: "value", value: named.protocol };
  },
  encode: { form: "normal", write: (name) => new Uint8Array(Buffer.concat([Uint8Array.of(0), bytesOf(name)])) },
  check: (name) => {
    if (name === "" || Buffer.byteLength(name) > limits.protocolBytesMax) throw new Error("a bad length");
  },
  canaries: [
    {
      name: "a name of any length",
      file: "packages/transport/src/protocol-names.ts",
      find: "name.byteLength === 0 || name.byteLength > this.#limits.protocolBytesMax",
      replace: "name.byteLength === 0",
    },
    {
      name: "bytes that are no text",
      file: "packages/transport/src/protocol-names.ts",
      find: "    return strictTextDecoder.decode(bytes);\n  } catch {",
      replace:
        "    return strictTextDecoder.decode(bytes);\n  } catch (error) {\n    if (bytes.byteLength > 1) throw error;",
    },
  ],
});
