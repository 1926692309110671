/**
 * A node with everything chosen: LMDB for the log, SQLite for the state, libp2p for the network.
 * @packageDocumentation
 */
export { clusterIdOf } from "./cluster-id.ts";
export { NodeBuilder } from "./node-builder.ts";
export { openDefaultNode } from "./open-default-node.ts";
export { readOrCreateSecretFile, readSecretFile } from "./secret-file.ts";

export type {
  CreateTransport,
  DefaultNodeOptions,
  LogStoreContext,
  OpenLogStore,
  OpenStateMachine,
  StateMachineContext,
  TransportContext,
} from "./node-builder.ts";
