/**
 * Puts a node together over ports: identity, admission, bootstrap, the request router, and the order of starting and
 * stopping. `@aspenjs/cluster/default` wires LMDB, SQLite and libp2p.
 * @packageDocumentation
 */
export { AspenNode, createAspenNode } from "./aspen-node.ts";
export { limits } from "./limits.ts";
export { NODE_CONFIG_DEFAULTS } from "./node-config.ts";
export { PeerDirectory } from "./peer-directory.ts";

export type { AspenNodeParts, CreateAspenNodeOutcome, IssueTicketOptions } from "./aspen-node.ts";
export type { NodeConfig } from "./node-config.ts";
export type { IdentityStore, NodeIdentity } from "./node-identity.ts";
