import { randomBytes } from "node:crypto";
import type { ClusterSecret } from "@aspenjs/protocol";

export interface AdminTicketOptions {
  readonly secret: ClusterSecret;
  readonly addresses: readonly string[];
  /** Wall-clock milliseconds since 1970; it does not expire when this is left out. */
  readonly expiresAtMs?: number;
}

/** Whoever holds the secret may write tickets without asking a node: before there is a cluster, nobody can be asked. */
export async function mintAdminTicket({ secret, addresses, expiresAtMs }: AdminTicketOptions): Promise<string> {
  const [{ clusterIdOf }, { encodeClientTicket, protocolLimits }] = await Promise.all([
    import("@aspenjs/cluster/default"),
    import("@aspenjs/protocol"),
  ]);
  return encodeClientTicket(
    {
      id: randomBytes(protocolLimits.ticketIdBytes).toString("hex"),
      clusterId: clusterIdOf(secret),
      addresses: addresses.slice(0, protocolLimits.ticketAddressesMax),
      access: "admin",
      keyPrefixes: [],
      expiresAtMs,
    },
    secret.ticketKey(),
  );
}
