/**
 * A client ticket says what its bearer may do, and is signed with the cluster's ticket key. A client can read its own
 * ticket and cannot check it; a node checks the binary form that the client greets with.
 *
 * T1  The signature covers every field, and the kind and version of the ticket.
 * T2  Nothing of a ticket is acted upon before its signature was verified, in constant time.
 * T3  A verified ticket may still be refused: another cluster's, expired, or revoked.
 */
import { createHmac, timingSafeEqual, type KeyObject } from "node:crypto";
import { assert, limits, utf8ByteLength } from "@aspenjs/api";
import { encodeRow, type Row, type RowReader } from "@aspenjs/codec";
import { decodeHex, encodeHex } from "./hex.ts";
import { protocolLimits } from "./limits.ts";
import { readClusterId } from "./node-record.ts";
import { readKeyPrefixes, TICKET_ACCESSES, type TicketAccess } from "./ticket-access.ts";
import {
  readTicket,
  readTicketAddresses,
  TICKET_VERSION,
  ticketBytes,
  ticketText,
  type TicketBytesOutcome,
  type TicketOutcome,
} from "./ticket-text.ts";

export interface ClientTicket {
  /** Names the ticket for revocation: 16 bytes, drawn at random, as lower-case hex. */
  readonly id: string;
  readonly clusterId: string;
  readonly addresses: readonly string[];
  readonly access: TicketAccess;
  /** Keys outside of all of these do not exist for the bearer. Empty for every key. */
  readonly keyPrefixes: readonly string[];
  /** Milliseconds since 1970; `undefined` for a ticket that does not expire. */
  readonly expiresAtMs: number | undefined;
}

export interface TicketCheck {
  readonly ticketKey: KeyObject;
  /** Wall-clock milliseconds since 1970. */
  readonly nowMs: number;
  /** When given, tickets of other clusters are refused. */
  readonly clusterId?: string;
  readonly isRevoked?: (ticketId: string) => boolean;
}

interface SignedTicket {
  readonly ticket: ClientTicket;
  readonly signature: Uint8Array;
}

const KIND = "aspenclient";
const SIGNATURE_BYTES = 32;

export function encodeClientTicket(ticket: ClientTicket, ticketKey: KeyObject): string {
  assert(ticket.addresses.length <= protocolLimits.ticketAddressesMax, "a ticket has few addresses");
  assert(ticket.keyPrefixes.length <= protocolLimits.ticketKeyPrefixesMax, "a ticket has few key prefixes");
  for (const prefix of ticket.keyPrefixes) {
    assert(prefix.isWellFormed(), "a key prefix holds no unpaired surrogate");
    assert(utf8ByteLength(prefix) <= limits.keyBytesMax, "a key prefix fits a key");
  }
  const fields = ticketCells(ticket);
  return ticketText(KIND, encodeRow([TICKET_VERSION, ...fields, signatureOf(fields, ticketKey)]));
}

/** The binary form, as a client greets with it. */
export function clientTicketBytes(text: string): TicketBytesOutcome {
  return ticketBytes(KIND, text);
}

/** What the ticket says, unverified: for its bearer. */
export function decodeClientTicket(text: string): TicketOutcome<ClientTicket> {
  const outcome = ticketBytes(KIND, text);
  if (outcome.kind === "refused") return outcome;
  const signed = readTicket(outcome.bytes, readSignedTicket);
  return signed.kind === "refused" ? signed : { kind: "accepted", ticket: signed.ticket.ticket };
}

/** What the binary form of a ticket is worth: for the node that it is shown to. */
export function verifyClientTicket(bytes: Uint8Array, check: TicketCheck): TicketOutcome<ClientTicket> {
  const signed = readTicket(bytes, readSignedTicket);
  if (signed.kind === "refused") return signed;
  const { ticket, signature } = signed.ticket;
  const expected = signatureOf(ticketCells(ticket), check.ticketKey);
  if (!timingSafeEqual(signature, expected)) return { kind: "refused", reason: "badSignature" };
  if (check.clusterId !== undefined && ticket.clusterId !== check.clusterId) {
    return { kind: "refused", reason: "otherCluster" };
  }
  if (isExpired(ticket, check.nowMs)) return { kind: "refused", reason: "expired" };
  if (check.isRevoked?.(ticket.id) === true) return { kind: "refused", reason: "revoked" };
  return { kind: "accepted", ticket };
}

/** A verified ticket runs out while its connection lasts: asked again at every request. */
export function isExpired(ticket: ClientTicket, nowMs: number): boolean {
  return ticket.expiresAtMs !== undefined && nowMs >= ticket.expiresAtMs;
}

function ticketCells(ticket: ClientTicket): Row {
  const { id, clusterId, addresses, access, keyPrefixes, expiresAtMs } = ticket;
  const idBytes = decodeHex(id);
  assert(idBytes?.byteLength === protocolLimits.ticketIdBytes, "a ticket's id is 16 bytes in hex");
  return [idBytes, clusterId, addresses, access, keyPrefixes, expiresAtMs ?? null];
}

function readSignedTicket(row: RowReader): TicketOutcome<SignedTicket> {
  const id = encodeHex(row.fixedBytes("id", protocolLimits.ticketIdBytes));
  const clusterId = readClusterId(row);
  const addresses = readTicketAddresses(row);
  if (addresses.length > protocolLimits.ticketAddressesMax) return { kind: "refused", reason: "tooManyAddresses" };
  const access = row.word("access", TICKET_ACCESSES);
  const keyPrefixes = readKeyPrefixes(row);
  const expiresAtMs = row.optional((cells) => cells.integer("expiresAtMs"));
  const signature = row.fixedBytes("signature", SIGNATURE_BYTES);
  const ticket: ClientTicket = { id, clusterId, addresses, access, keyPrefixes, expiresAtMs };
  return { kind: "accepted", ticket: { ticket, signature } };
}

function signatureOf(fields: Row, ticketKey: KeyObject): Uint8Array {
  const statement = encodeRow([KIND, TICKET_VERSION, ...fields]);
  return new Uint8Array(createHmac("sha256", ticketKey).update(statement).digest());
}
