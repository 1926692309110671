import { defineTarget } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { decodeBase32, encodeBase32 } from "../../src/base32.ts";
import {
  clientTicketBytes,
  ClusterSecret,
  decodeClientTicket,
  encodeClientTicket,
  protocolLimits,
} from "../../src/index.ts";

const ticketKey = ClusterSecret.fromBytes(new Uint8Array(32).fill(9)).ticketKey();

/** The value is the ticket's binary form: what it says has no other text only under the key that signed it. */
export const target = defineTarget<Uint8Array>({
  name: "protocol/client-ticket",
  decodes: "the text of a client ticket",
  covers: ["decodeClientTicket"],
  frameBytesMax: protocolLimits.ticketTextBytesMax,
  seeds: () =>
    [
      { addresses: ["/ip4/127.0.0.1/tcp/4001"], keyPrefixes: ["app/"], expiresAtMs: 1_700_000_060_000 },
      { addresses: [], keyPrefixes: [], expiresAtMs: undefined },
    ].map((fields) => {
      const ticket = { id: "000102030405060708090a0b0c0d0e0f", clusterId: "c1", access: "write" as const, ...fields };
      return bytesOf(encodeClientTicket(ticket, ticketKey));
    }),
  dictionary: ["aspen", "aspenclient", "q", "7", "a", "="].map(bytesOf),
  decode: (bytes) => {
    const text = textOf(bytes);
    const decoded = decodeClientTicket(text);
    const outcome = clientTicketBytes(text);
    if (outcome.kind === "refused" && decoded.kind === "accepted") throw new Error("a ticket without bytes");
    return outcome.kind === "refused" ? { kind: "refused" } : { kind: "value", value: outcome.bytes };
  },
  encode: { form: "canonical", write: (bytes) => bytesOf(`aspenclient${encodeBase32(bytes)}`) },
  inner: {
    open: (text) => decodeBase32(textOf(text).slice("aspenclient".length)),
    close: (row) => bytesOf(`aspenclient${encodeBase32(row)}`),
  },
  canaries: [
    {
      name: "spare bits at the end",
      file: "packages/protocol/src/base32.ts",
      find: "if (pendingBits >= BITS_PER_CHARACTER || pending !== 0) return undefined;",
      replace: "if (pendingBits >= BITS_PER_CHARACTER) return undefined;",
    },
    {
      name: "a failed assertion instead of a refusal",
      file: "packages/protocol/src/ticket-text.ts",
      find: 'if (error instanceof DecodeError) return { kind: "refused", reason: "malformed" };',
      replace: "",
    },
  ],
});
