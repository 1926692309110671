import { createHmac } from "node:crypto";
import { decodeRow, encodeRow } from "@aspenjs/codec";
import { defineTarget } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { decodeBase32, encodeBase32 } from "../../src/base32.ts";
import { ClusterSecret, decodeJoinTicket, encodeJoinTicket, protocolLimits, type JoinTicket } from "../../src/index.ts";

const KIND = "aspen";
const CHECK_BYTES = 16;

/** Checks what the text says by now, when it still says anything: most mutations would end at the check. */
function checkedAgain(input: Uint8Array): Uint8Array {
  try {
    const bytes = decodeBase32(textOf(input).slice(KIND.length)) ?? new Uint8Array();
    const row = decodeRow(bytes, bytes.byteLength);
    const version = row.integer("version");
    const clusterId = row.text("clusterId", 10_000);
    const addresses = row.list("addresses", 100, (items) => items.text("address", 10_000));
    const secret = row.bytes("secret", 10_000);
    const statement = encodeRow([KIND, version, clusterId, addresses]);
    const hmac = createHmac("sha256", ClusterSecret.fromBytes(secret).ticketKey()).update(statement).digest();
    const check = new Uint8Array(hmac.subarray(0, CHECK_BYTES));
    return bytesOf(KIND + encodeBase32(encodeRow([version, clusterId, addresses, secret, check])));
  } catch {
    // Too damaged to be checked: it is given as it is.
    return input;
  }
}

export const target = defineTarget<JoinTicket>({
  name: "protocol/join-ticket",
  decodes: "the text of a join ticket",
  covers: ["decodeJoinTicket"],
  frameBytesMax: protocolLimits.ticketTextBytesMax,
  seeds: () => [
    bytesOf(
      encodeJoinTicket({
        clusterId: "c1",
        addresses: ["/ip4/127.0.0.1/tcp/4001"],
        secret: ClusterSecret.fromBytes(new Uint8Array(32).fill(9)),
      }),
    ),
    bytesOf(
      encodeJoinTicket({ clusterId: "", addresses: [], secret: ClusterSecret.fromBytes(new Uint8Array(64).fill(1)) }),
    ),
  ],
  dictionary: ["aspen", "aspenclient", "q", "7", "a"].map(bytesOf),
  decode: (bytes) => {
    const outcome = decodeJoinTicket(textOf(bytes));
    return outcome.kind === "refused" ? { kind: "refused" } : { kind: "value", value: outcome.ticket };
  },
  encode: { form: "canonical", write: (ticket) => bytesOf(encodeJoinTicket(ticket)) },
  inner: {
    open: (text) => decodeBase32(textOf(text).slice(KIND.length)),
    close: (row) => bytesOf(KIND + encodeBase32(row)),
  },
  repair: checkedAgain,
  canaries: [
    {
      name: "a secret that is too short",
      file: "packages/protocol/src/join-ticket.ts",
      find: 'if (secret.byteLength < protocolLimits.secretBytesMin) return { kind: "refused", reason: "malformed" };',
      replace: "",
    },
    {
      name: "a check that is not looked at",
      file: "packages/protocol/src/join-ticket.ts",
      find: 'if (!timingSafeEqual(check, checkOf(ticket))) return { kind: "refused", reason: "badSignature" };',
      replace: "",
    },
  ],
});
