import { assertNodeRecord, type NodeRecord } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { parseMember } from "../../src/member-text.ts";
import { UsageError } from "../../src/usage-error.ts";

export const target = defineTarget<NodeRecord>({
  name: "cli/member",
  decodes: "a member on the command line: ID=PEERID@ADDRESS",
  covers: ["parseMember", "parseNodeId"],
  frameBytesMax: 16_384,
  seeds: () => ["1=p@/a", "9007199254740991=12D3@/ip4/1.2.3.4/tcp/1,/b", "01=p@/a,/b,/c"].map(bytesOf),
  dictionary: ["=", "@", ",", "9007199254740992", "\ud800"].map(bytesOf),
  decode: throwing((bytes) => parseMember(textOf(bytes)), UsageError),
  encode: {
    form: "normal",
    write: ({ nodeId, peerId, addresses }) => bytesOf(`${nodeId}=${peerId}@${addresses.join(",")}`),
  },
  check: assertNodeRecord,
  canaries: [
    {
      name: "a record that no gate has seen",
      file: "apps/cli/src/member-text.ts",
      find: 'return checked({ nodeId: parseNodeId(id), peerId, addresses: addresses.split(",") });',
      replace: 'return { nodeId: parseNodeId(id), peerId, addresses: addresses.split(",") };',
    },
    {
      name: "an error that is no refusal",
      file: "apps/cli/src/node-id-text.ts",
      find: "  throw new UsageError(",
      replace: "  throw new Error(",
    },
  ],
});
