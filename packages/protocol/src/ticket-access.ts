import { limits } from "@aspenjs/api";
import type { RowReader } from "@aspenjs/codec";
import { protocolLimits } from "./limits.ts";

/** What a ticket lets its holder do. Each allows what the ones before it allow. */
export const TICKET_ACCESSES = ["read", "write", "admin"] as const;
export type TicketAccess = (typeof TICKET_ACCESSES)[number];

/** Whether `granted` is at least `needed`. */
export function allows(granted: TicketAccess, needed: TicketAccess): boolean {
  return TICKET_ACCESSES.indexOf(granted) >= TICKET_ACCESSES.indexOf(needed);
}

/** @throws DecodeError */
export function readKeyPrefixes(row: RowReader): string[] {
  return row.list("keyPrefixes", protocolLimits.ticketKeyPrefixesMax, (items) =>
    items.text("keyPrefix", limits.keyBytesMax),
  );
}
