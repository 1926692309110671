import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AspenError, SILENT_LOGGER, type ErrorCode, type Logger, type NodeId, type StorageFault } from "@aspenjs/api";
import { openLmdbLogStore } from "@aspenjs/log-store/lmdb";
import type { ClusterSecret } from "@aspenjs/protocol";
import type { RaftFailure } from "@aspenjs/raft";
import { openSqliteStateMachine } from "@aspenjs/state-machine/sqlite";
import { createLibp2pTransport, createSystemClock, createSystemRandom } from "@aspenjs/transport/libp2p";
import { createAspenNode, type AspenNode } from "../aspen-node.ts";
import type { NodeConfig } from "../node-config.ts";
import { PeerDirectory } from "../peer-directory.ts";
import { IdentityFile } from "./identity-file.ts";

export interface DefaultNodeOptions {
  /** Identity, log and state live in here; one process at a time. Created when it is missing. */
  readonly dataDirectory: string;
  readonly secret: ClusterSecret;
  /** Multiaddrs such as `/ip4/0.0.0.0/tcp/7600`; port 0 picks one. */
  readonly listen: readonly string[];
  /** For the first start; drawn when not given. */
  readonly nodeId?: NodeId;
  readonly logger?: Logger;
  readonly config?: Partial<NodeConfig>;
  readonly onFailed?: (failure: RaftFailure) => void;
}

const DATA_DIRECTORY_MODE = 0o700;

/**
 * A node with its log in LMDB, its state in SQLite, and libp2p between it and the others. Nothing listens before its
 * `start`.
 * @throws AspenError `corrupt`, `disk_full`, `forbidden`, `conflict` (another process has it open): the data directory
 * cannot be used; `invalid_request`: it is another node's, or the options do not go together
 */
export async function openDefaultNode(options: DefaultNodeOptions): Promise<AspenNode> {
  const closers: Closer[] = [];
  try {
    return await open(options, closers);
  } catch (error) {
    // The directory is free again for whoever tries next.
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

type Closer = () => Promise<void>;

async function open(options: DefaultNodeOptions, closers: Closer[]): Promise<AspenNode> {
  const { dataDirectory, secret, listen } = options;
  const logger = options.logger ?? SILENT_LOGGER;
  const clock = createSystemClock();
  const random = createSystemRandom();
  await mkdir(dataDirectory, { recursive: true, mode: DATA_DIRECTORY_MODE });
  const identityPath = join(dataDirectory, "identity.json");
  const identityStore = await IdentityFile.open({ path: identityPath, secret, random, nodeId: options.nodeId });
  const { privateKey } = identityStore;
  const { logStore, stateMachine } = await openStores(dataDirectory, identityStore, logger, closers);
  const directory = new PeerDirectory();
  const transport = await createLibp2pTransport({
    privateKey,
    listen,
    gate: directory,
    clock,
    random,
    logger: logger.child({ part: "transport" }),
  });
  const created = await createAspenNode(
    {
      transport,
      directory,
      logStore,
      stateMachine,
      identityStore,
      secret,
      clock,
      random,
      logger,
      ...(options.onFailed === undefined ? {} : { onFailed: options.onFailed }),
    },
    options.config,
  );
  if (created.kind === "fault") throw faultError(created.fault);
  return created.node;
}

async function openStores(dataDirectory: string, identityFile: IdentityFile, logger: Logger, closers: Closer[]) {
  const log = await openLmdbLogStore({
    directory: join(dataDirectory, "log"),
    storeId: identityFile.identity.storeId,
    mustExist: identityFile.isLogExpected,
    logger: logger.child({ part: "log" }),
  });
  if (log.kind === "fault") throw faultError(log.fault);
  closers.push(() => log.store.close());
  await identityFile.recordLogMade();
  const state = await openSqliteStateMachine({
    directory: join(dataDirectory, "state"),
    logger: logger.child({ part: "state" }),
  });
  if (state.kind === "fault") throw faultError(state.fault);
  closers.push(() => state.machine.close());
  return { logStore: log.store, stateMachine: state.machine };
}

const FAULT_CODES: Readonly<Record<StorageFault["code"], ErrorCode>> = {
  disk_full: "disk_full",
  corrupt: "corrupt",
  in_use: "conflict",
  io_failed: "internal",
  closed: "internal",
};

function faultError(fault: StorageFault): AspenError {
  return new AspenError(FAULT_CODES[fault.code], fault.message, { cause: fault.cause });
}
