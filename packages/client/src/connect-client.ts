import {
  AspenError,
  SILENT_LOGGER,
  type CallOptions,
  type Clock,
  type KeyValueEntry,
  type Logger,
  type Random,
  type Transport,
} from "@aspenjs/api";
import {
  clientTicketBytes,
  decodeClientTicket,
  encodeClientCall,
  PROTOCOL_IDS,
  ticketError,
  ticketKindOf,
  type ClientTicket,
} from "@aspenjs/protocol";
import {
  createNamespace,
  scanAll,
  withCodec,
  type Codec,
  type Namespace,
  type ScanAllRequest,
  type TypedStore,
} from "@aspenjs/api/views";
import type { AspenClient } from "./aspen-client.ts";
import { CallDriver } from "./call-driver.ts";
import { EndpointBook } from "./endpoint-book.ts";
import { limits } from "./limits.ts";
import { NodeConnections } from "./node-connections.ts";
import { deadlineOf } from "./pending-call.ts";
import { RemoteClusterController } from "./remote-cluster-controller.ts";
import { RemoteKeyValueStore } from "./remote-key-value-store.ts";
import { RemoteLog } from "./remote-log.ts";
import { RemoteSqlStore } from "./remote-sql-store.ts";
import { issueTicketRequest, type IssueTicketOptions } from "./request-gate.ts";
import { WatchChannel } from "./watch-channel.ts";
import { WriteSession } from "./write-session.ts";

export interface ConnectClientOptions {
  /** Text of a client ticket. */
  readonly ticket: string;
  /** Started. One transport serves one client at a time: a connection has one ticket. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  /** Talk to this one address only: it answers reads itself, and hints of a leader elsewhere are not followed. */
  readonly endpoint?: string;
  /** Of every call that names no deadline, and of connecting. Default 10,000. */
  readonly deadlineMs?: number;
  /** Gives up connecting. Of calls afterwards, each has its own. */
  readonly signal?: AbortSignal;
  /** `close` stops the transport too, and so does failing to connect. */
  readonly ownsTransport?: boolean;
}

/**
 * Resolves when a node has accepted the ticket.
 * @throws AspenError `invalid_request` or `unsupported` (not a client ticket), `unauthorized` (no node accepts it),
 * `timeout` or `unavailable` (no node answers, or none can serve)
 */
export async function connectClient(options: ConnectClientOptions): Promise<AspenClient> {
  const { transport, clock, random, logger = SILENT_LOGGER } = options;
  const deadlineMsDefault = deadlineOf(options, limits.deadlineMsDefault);
  const { ticket, bytes } = openTicket(options.ticket);
  const { clusterId } = ticket;
  const addresses = options.endpoint === undefined ? ticket.addresses : [options.endpoint];
  if (addresses.length === 0) throw new AspenError("invalid_request", "the ticket names no address");
  const book = new EndpointBook({ addresses, isPinned: options.endpoint !== undefined, random });
  const connections = new NodeConnections({ transport, clock, logger, book, ticket: bytes, clusterId });
  const driver = new CallDriver({ transport, clock, random, book, connections, logger, deadlineMsDefault });
  const streams = { transport, clock, random, logger, book, connections, deadlineMsDefault };
  const client = new RemoteClient({
    clusterId,
    driver,
    watches: new WatchChannel(streams),
    log: new RemoteLog(streams),
    connections,
    session: new WriteSession(driver, random),
    transport,
    logger,
    ownsTransport: options.ownsTransport ?? false,
  });
  try {
    const { signal } = options;
    const run = { repeatability: "repeatable", ...(signal === undefined ? {} : { signal }) } as const;
    await driver.run(run, (call) => driver.reach(call));
  } catch (error) {
    const closed = client.close();
    // Whoever gave up is told at once, and waits for no connection to end.
    if (options.signal?.aborted === true) reportFailure(closed, logger);
    else await closed;
    throw error;
  }
  return client;
}

interface RemoteClientParts {
  readonly clusterId: string;
  readonly driver: CallDriver;
  readonly watches: WatchChannel;
  readonly log: RemoteLog;
  readonly connections: NodeConnections;
  readonly session: WriteSession;
  readonly transport: Transport;
  readonly logger: Logger;
  readonly ownsTransport: boolean;
}

class RemoteClient implements AspenClient {
  readonly store: RemoteKeyValueStore;
  readonly sql: RemoteSqlStore;
  readonly log: RemoteLog;
  readonly cluster: RemoteClusterController;
  readonly clusterId: string;
  readonly #parts: RemoteClientParts;
  #closing: Promise<void> | undefined;

  constructor(parts: RemoteClientParts) {
    this.#parts = parts;
    this.clusterId = parts.clusterId;
    this.store = new RemoteKeyValueStore(parts.driver, parts.session, parts.watches);
    this.sql = new RemoteSqlStore(parts.driver);
    this.log = parts.log;
    this.cluster = new RemoteClusterController(parts.driver);
  }

  async issueTicket(options: IssueTicketOptions & CallOptions): Promise<string> {
    const request = issueTicketRequest(options);
    const { driver } = this.#parts;
    return driver.run({ ...options, repeatability: "repeatable" }, (call) =>
      driver.ask(call, "issueTicket", () => request),
    );
  }

  async joinTicket(options?: CallOptions): Promise<string> {
    const { driver } = this.#parts;
    return driver.run({ ...options, repeatability: "repeatable" }, (call) =>
      driver.ask(call, "joinTicket", () => ({ kind: "joinTicket" })),
    );
  }

  namespace(name: string): Namespace {
    return createNamespace(this.store, name);
  }

  withCodec<Value>(codec: Codec<Value>): TypedStore<Value> {
    return withCodec(this.store, codec);
  }

  scanAll(request: ScanAllRequest, options?: CallOptions): AsyncGenerator<KeyValueEntry, void, void> {
    return scanAll(this.store, request, options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { driver, watches, log, connections, transport, ownsTransport } = this.#parts;
    driver.close();
    watches.close();
    log.close();
    await this.#closeSession();
    await connections.close();
    if (ownsTransport) await transport.stop();
  }

  /** A courtesy: a session that is not closed ends by itself when it has been idle for long enough. */
  async #closeSession(): Promise<void> {
    const { driver, session, transport, logger } = this.#parts;
    const reference = session.takeForClosing();
    const connection = driver.openConnection();
    if (reference === undefined || connection === undefined) return;
    const deadlineMs = limits.closeSessionTimeoutMs;
    const body = encodeClientCall({ deadlineMs, request: { kind: "closeSession", session: reference } });
    try {
      await transport.request(connection.peerId, PROTOCOL_IDS.client, body, { deadlineMs });
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      logger.log("debug", "the session stays open until it expires", { code: error.code });
    }
  }
}

function reportFailure(closed: Promise<void>, logger: Logger): void {
  closed.catch((error: unknown) => logger.log("warn", "closing a client failed", { error }));
}

function openTicket(text: string): { readonly ticket: ClientTicket; readonly bytes: Uint8Array } {
  const trimmed = text.trim();
  if (ticketKindOf(trimmed) === "aspen") {
    throw new AspenError("invalid_request", "a join ticket is for a node; a client needs a client ticket");
  }
  const decoded = decodeClientTicket(trimmed);
  if (decoded.kind === "refused") throw ticketError(decoded.reason);
  const binary = clientTicketBytes(trimmed);
  if (binary.kind === "refused") throw ticketError(binary.reason);
  return { ticket: decoded.ticket, bytes: binary.bytes };
}
