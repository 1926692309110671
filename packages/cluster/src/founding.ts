import { createHash } from "node:crypto";
import type { Membership } from "@aspenjs/api";
import { encodeRow, membershipToRow } from "@aspenjs/codec";

/** Recognises a founding membership: two nodes that agreed to the same one wrote the same first log entry. */
export function foundingDigest(clusterId: string, membership: Membership): string {
  return createHash("sha256")
    .update(encodeRow([clusterId, membershipToRow(membership)]))
    .digest("hex");
}
