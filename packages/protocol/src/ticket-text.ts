/**
 * The text of a ticket: its kind, then the lower-case base32 of a row whose first cell is the version. Strict in both
 * directions, so that a ticket has one text and a damaged one says what is wrong with it.
 */
import { AspenError, assert, limits, type ErrorCode } from "@aspenjs/api";
import { DecodeError, decodeRow, type RowReader } from "@aspenjs/codec";
import { decodeBase32, encodeBase32 } from "./base32.ts";
import { protocolLimits } from "./limits.ts";
import { rowExtent } from "./row-extent.ts";

export const TICKET_KINDS = ["aspen", "aspenclient"] as const;
export type TicketKind = (typeof TICKET_KINDS)[number];

export type TicketRefusal =
  | "unknownKind"
  | "tooLong"
  | "badAlphabet"
  | "malformed"
  | "unknownVersion"
  | "trailingBytes"
  | "tooManyAddresses"
  | "badSignature"
  | "otherCluster"
  | "expired"
  | "revoked";

export type TicketOutcome<Ticket> =
  | { readonly kind: "accepted"; readonly ticket: Ticket }
  | { readonly kind: "refused"; readonly reason: TicketRefusal };

/** A version's number is the first cell of its row. */
export const TICKET_VERSION = 1;

/**
 * What may follow "aspen" in the name of a kind: no letter that the base32 of a row can start with. A row of a few cells
 * starts with the bits 100, and its text with q, r or s, so the kind ends where the first of them stands.
 */
const KIND = /^aspen[a-pt-z]*/;

const REFUSALS: Readonly<Record<TicketRefusal, readonly [ErrorCode, string]>> = {
  unknownKind: ["invalid_request", "not a ticket of a kind that is known here"],
  tooLong: ["invalid_request", "the ticket is too long"],
  badAlphabet: ["invalid_request", "the ticket holds characters that no ticket has, or lost some"],
  malformed: ["invalid_request", "the ticket is damaged"],
  unknownVersion: ["unsupported", "the ticket is of a version that is not known here"],
  trailingBytes: ["invalid_request", "something follows the end of the ticket"],
  tooManyAddresses: ["invalid_request", `a ticket has at most ${protocolLimits.ticketAddressesMax} addresses`],
  badSignature: ["unauthorized", "the ticket was not signed by this cluster, or was changed since"],
  otherCluster: ["unauthorized", "the ticket belongs to another cluster"],
  expired: ["unauthorized", "the ticket has expired"],
  revoked: ["unauthorized", "the ticket was revoked"],
};

/** The refusal as a boundary error, with its reason in `details.reason`. */
export function ticketError(reason: TicketRefusal): AspenError {
  const [code, message] = REFUSALS[reason];
  return new AspenError(code, message, { details: { reason } });
}

/** The kind that a text names, whether or not the rest of it is sound. */
export function ticketKindOf(text: string): TicketKind | undefined {
  const name = KIND.exec(text)?.[0];
  return TICKET_KINDS.find((kind) => kind === name);
}

export function ticketText(kind: TicketKind, bytes: Uint8Array): string {
  assert(bytes.byteLength <= protocolLimits.ticketBytesMax, "an encoded ticket fits its bound");
  const text = kind + encodeBase32(bytes);
  assert(ticketKindOf(text) === kind, "the kind of a ticket can be told from its text");
  return text;
}

export type TicketBytesOutcome =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "refused"; readonly reason: TicketRefusal };

/** The binary form inside a text of this kind, unread. */
export function ticketBytes(kind: TicketKind, text: string): TicketBytesOutcome {
  if (ticketKindOf(text) !== kind) return { kind: "refused", reason: "unknownKind" };
  if (text.length > protocolLimits.ticketTextBytesMax) return { kind: "refused", reason: "tooLong" };
  const bytes = decodeBase32(text.slice(kind.length));
  return bytes === undefined ? { kind: "refused", reason: "badAlphabet" } : { kind: "bytes", bytes };
}

/** Opens the row, checks version and end, and leaves the fields between them to `read`. */
export function readTicket<Ticket>(
  bytes: Uint8Array,
  read: (row: RowReader) => TicketOutcome<Ticket>,
): TicketOutcome<Ticket> {
  if (bytes.byteLength > protocolLimits.ticketBytesMax) return { kind: "refused", reason: "tooLong" };
  const extent = rowExtent(bytes);
  if (extent !== undefined && extent < bytes.byteLength) return { kind: "refused", reason: "trailingBytes" };
  try {
    const row = decodeRow(bytes, bytes.byteLength);
    if (row.integer("version") !== TICKET_VERSION) return { kind: "refused", reason: "unknownVersion" };
    const outcome = read(row);
    if (outcome.kind === "accepted" && row.remaining > 0) return { kind: "refused", reason: "trailingBytes" };
    return outcome;
  } catch (error) {
    if (error instanceof DecodeError) return { kind: "refused", reason: "malformed" };
    throw error;
  }
}

/** More addresses than a ticket may have are read, so that they can be told from other damage. */
export function readTicketAddresses(row: RowReader): string[] {
  return row.list("addresses", protocolLimits.ticketBytesMax, (items) => items.text("address", limits.addressBytesMax));
}
