import { createHmac } from "node:crypto";
import { decodeRow, encodeRow, type Cell } from "@aspenjs/codec";
import { defineTarget } from "@aspenjs/fuzz";
import {
  clientTicketBytes,
  ClusterSecret,
  encodeClientTicket,
  protocolLimits,
  TICKET_ACCESSES,
  verifyClientTicket,
  type ClientTicket,
} from "../../src/index.ts";

const ticketKey = ClusterSecret.fromBytes(new Uint8Array(32).fill(9)).ticketKey();
const NOW_MS = 1_700_000_000_000;

function bytesOfTicket(ticket: ClientTicket): Uint8Array {
  const outcome = clientTicketBytes(encodeClientTicket(ticket, ticketKey));
  if (outcome.kind === "refused") throw new Error(outcome.reason);
  return outcome.bytes;
}

/** Signs what the bytes say by now, when they still say anything: most mutations would end at the signature. */
function signedAgain(bytes: Uint8Array): Uint8Array {
  try {
    const row = decodeRow(bytes, bytes.byteLength);
    const texts = (name: string): string[] => row.list(name, 100, (items) => items.text("text", 10_000));
    const version = row.integer("version");
    const fields: Cell[] = [row.bytes("id", 100), row.text("clusterId", 10_000), texts("addresses")];
    fields.push(row.word("access", TICKET_ACCESSES), texts("keyPrefixes"));
    fields.push(row.optional((cells) => cells.integer("expiresAtMs", Number.MIN_SAFE_INTEGER)) ?? null);
    const statement = encodeRow(["aspenclient", version, ...fields]);
    return encodeRow([version, ...fields, new Uint8Array(createHmac("sha256", ticketKey).update(statement).digest())]);
  } catch {
    // Too damaged to be signed: it is given as it is.
    return bytes;
  }
}

export const target = defineTarget<ClientTicket>({
  name: "protocol/verified-ticket",
  decodes: "the binary form of a client ticket, as a client greets with it",
  covers: ["verifyClientTicket", "readTicket", "readTicketAddresses"],
  frameBytesMax: protocolLimits.ticketBytesMax,
  seeds: () => {
    const ticket = { id: "000102030405060708090a0b0c0d0e0f", clusterId: "c1", access: "write" as const };
    return [
      bytesOfTicket({ ...ticket, addresses: ["/a"], keyPrefixes: ["app/"], expiresAtMs: NOW_MS + 60_000 }),
      bytesOfTicket({ ...ticket, addresses: ["/a", "/b"], keyPrefixes: [], expiresAtMs: undefined }),
    ];
  },
  decode: (bytes) => {
    const outcome = verifyClientTicket(bytes, { ticketKey, nowMs: NOW_MS, clusterId: "c1" });
    return outcome.kind === "refused" ? { kind: "refused" } : { kind: "value", value: outcome.ticket };
  },
  encode: { form: "canonical", write: bytesOfTicket },
  repair: signedAgain,
  canaries: [
    {
      name: "bytes behind the ticket",
      file: "packages/protocol/src/ticket-text.ts",
      find: 'if (outcome.kind === "accepted" && row.remaining > 0) return { kind: "refused", reason: "trailingBytes" };',
      replace: "",
    },
    {
      name: "a signature over less than everything",
      file: "packages/protocol/src/client-ticket.ts",
      find: 'if (!timingSafeEqual(signature, expected)) return { kind: "refused", reason: "badSignature" };',
      replace: 'if (signature[0] !== expected[0]) return { kind: "refused", reason: "badSignature" };',
    },
    {
      name: "a ticket with any number of addresses",
      file: "packages/protocol/src/client-ticket.ts",
      find: 'if (addresses.length > protocolLimits.ticketAddressesMax) return { kind: "refused", reason: "tooManyAddresses" };',
      replace: "",
    },
  ],
});
