/**
 * A join ticket turns a fresh node into a member: it carries the cluster secret itself. Whoever reads it owns the
 * cluster. The check at its end is made with a key derived from that secret, and tells a ticket that was damaged on its
 * way from one that works; it keeps nobody out.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { assert } from "@aspenjs/api";
import { encodeRow } from "@aspenjs/codec";
import { ClusterSecret } from "./cluster-secret.ts";
import { protocolLimits } from "./limits.ts";
import { readClusterId } from "./node-record.ts";
import {
  readTicket,
  readTicketAddresses,
  TICKET_VERSION,
  ticketBytes,
  ticketText,
  type TicketOutcome,
} from "./ticket-text.ts";

export interface JoinTicket {
  readonly clusterId: string;
  /** Members that a joining node may dial. */
  readonly addresses: readonly string[];
  readonly secret: ClusterSecret;
}

const KIND = "aspen";
const CHECK_BYTES = 16;

export function encodeJoinTicket(ticket: JoinTicket): string {
  assert(ticket.addresses.length <= protocolLimits.ticketAddressesMax, "a ticket has few addresses");
  const { clusterId, addresses, secret } = ticket;
  return ticketText(KIND, encodeRow([TICKET_VERSION, clusterId, addresses, secret.bytes(), checkOf(ticket)]));
}

export function decodeJoinTicket(text: string): TicketOutcome<JoinTicket> {
  const outcome = ticketBytes(KIND, text);
  if (outcome.kind === "refused") return outcome;
  return readTicket(outcome.bytes, (row) => {
    const clusterId = readClusterId(row);
    const addresses = readTicketAddresses(row);
    if (addresses.length > protocolLimits.ticketAddressesMax) return { kind: "refused", reason: "tooManyAddresses" };
    const secret = row.bytes("secret", protocolLimits.secretBytesMax);
    const check = row.fixedBytes("check", CHECK_BYTES);
    if (secret.byteLength < protocolLimits.secretBytesMin) return { kind: "refused", reason: "malformed" };
    const ticket = { clusterId, addresses, secret: ClusterSecret.fromBytes(secret) };
    if (!timingSafeEqual(check, checkOf(ticket))) return { kind: "refused", reason: "badSignature" };
    return { kind: "accepted", ticket };
  });
}

function checkOf({ clusterId, addresses, secret }: JoinTicket): Uint8Array {
  const statement = encodeRow([KIND, TICKET_VERSION, clusterId, addresses]);
  const check = createHmac("sha256", secret.ticketKey()).update(statement).digest();
  return Uint8Array.from(check.subarray(0, CHECK_BYTES));
}
