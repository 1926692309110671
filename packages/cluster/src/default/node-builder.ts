import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  AspenError,
  SILENT_LOGGER,
  type Clock,
  type ErrorCode,
  type KeyValueStateMachine,
  type Logger,
  type LogStore,
  type NodeId,
  type PeerGate,
  type Random,
  type StorageFault,
  type Transport,
} from "@aspenjs/api";
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

/** What a log store is opened with. */
export interface LogStoreContext {
  readonly dataDirectory: string;
  /** Belongs to this node's log and no other. */
  readonly storeId: string;
  /** This node has stored before: an empty store is a loss, not a beginning, and must be refused. */
  readonly mustExist: boolean;
  readonly logger: Logger;
}

export interface StateMachineContext {
  readonly dataDirectory: string;
  readonly logger: Logger;
}

export interface TransportContext {
  /** libp2p's form of the node's Ed25519 key. The transport's peer id must be the one that belongs to it. */
  readonly privateKey: Uint8Array;
  readonly listen: readonly string[];
  readonly gate: PeerGate;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export type OpenLogStore = (context: LogStoreContext) => Promise<LogStore>;
export type OpenStateMachine = (context: StateMachineContext) => Promise<KeyValueStateMachine>;
export type CreateTransport = (context: TransportContext) => Promise<Transport>;

type Closer = () => Promise<void>;

const DATA_DIRECTORY_MODE = 0o700;

/**
 * A node with its log in LMDB, its state in SQLite and libp2p between it and the others, unless it is told to take
 * another part. The node owns its parts: it closes them when it stops, and when it cannot be opened.
 */
export class NodeBuilder {
  readonly #options: DefaultNodeOptions;
  #openLogStore: OpenLogStore = openLmdbLog;
  #openStateMachine: OpenStateMachine = openSqliteState;
  #createTransport: CreateTransport = (context) => createLibp2pTransport(context);

  constructor(options: DefaultNodeOptions) {
    this.#options = options;
  }

  withLogStore(open: OpenLogStore): this {
    this.#openLogStore = open;
    return this;
  }

  withStateMachine(open: OpenStateMachine): this {
    this.#openStateMachine = open;
    return this;
  }

  withTransport(create: CreateTransport): this {
    this.#createTransport = create;
    return this;
  }

  /**
   * Nothing listens before the node's `start`.
   * @throws AspenError `corrupt`, `disk_full`, `forbidden`, `conflict` (another process has it open): the data directory
   * cannot be used; `invalid_request`: it is another node's, or the options do not go together
   */
  async open(): Promise<AspenNode> {
    const closers: Closer[] = [];
    try {
      return await this.#open(closers);
    } catch (error) {
      // The directory is free again for whoever tries next.
      for (const close of closers.reverse()) await close();
      throw error;
    }
  }

  async #open(closers: Closer[]): Promise<AspenNode> {
    const { dataDirectory, secret, listen, nodeId, config, onFailed } = this.#options;
    const logger = this.#options.logger ?? SILENT_LOGGER;
    const clock = createSystemClock();
    const random = createSystemRandom();
    await mkdir(dataDirectory, { recursive: true, mode: DATA_DIRECTORY_MODE });
    const identityStore = await IdentityFile.open({
      path: join(dataDirectory, "identity.json"),
      secret,
      random,
      nodeId,
    });
    const { identity, isLogExpected, privateKey } = identityStore;
    const logStore = await this.#openLogStore({
      dataDirectory,
      storeId: identity.storeId,
      mustExist: isLogExpected,
      logger: logger.child({ part: "log" }),
    });
    closers.push(() => logStore.close());
    await identityStore.recordLogMade();
    const stateMachine = await this.#openStateMachine({ dataDirectory, logger: logger.child({ part: "state" }) });
    closers.push(() => stateMachine.close());
    const directory = new PeerDirectory();
    const transport = await this.#createTransport({
      privateKey,
      listen,
      gate: directory,
      clock,
      random,
      logger: logger.child({ part: "transport" }),
    });
    const failing = onFailed === undefined ? {} : { onFailed };
    const parts = { transport, directory, logStore, stateMachine, identityStore, secret, clock, random, logger };
    const created = await createAspenNode({ ...parts, ...failing }, config);
    if (created.kind === "fault") throw faultError(created.fault);
    return created.node;
  }
}

async function openLmdbLog({ dataDirectory, ...options }: LogStoreContext): Promise<LogStore> {
  const outcome = await openLmdbLogStore({ directory: join(dataDirectory, "log"), ...options });
  if (outcome.kind === "fault") throw faultError(outcome.fault);
  return outcome.store;
}

async function openSqliteState({ dataDirectory, logger }: StateMachineContext): Promise<KeyValueStateMachine> {
  const outcome = await openSqliteStateMachine({ directory: join(dataDirectory, "state"), logger });
  if (outcome.kind === "fault") throw faultError(outcome.fault);
  return outcome.machine;
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
