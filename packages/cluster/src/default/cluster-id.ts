import { createHash } from "node:crypto";
import type { ClusterSecret } from "@aspenjs/protocol";

/**
 * A cluster's public name, made from its first secret: whoever holds the secret knows it, nobody learns the secret from
 * it, and tickets can be written before the first node runs. Nodes keep it when the secret changes later.
 */
export function clusterIdOf(secret: ClusterSecret): string {
  return createHash("sha256").update(secret.gossipTopic()).update("/cluster-id").digest("hex").slice(0, 32);
}
