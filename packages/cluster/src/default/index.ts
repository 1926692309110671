/**
 * A node with everything chosen: LMDB for the log, SQLite for the state, libp2p for the network.
 * @packageDocumentation
 */
export { clusterIdOf } from "./cluster-id.ts";
export { openDefaultNode } from "./open-default-node.ts";
export { readOrCreateSecretFile, readSecretFile } from "./secret-file.ts";

export type { DefaultNodeOptions } from "./open-default-node.ts";
