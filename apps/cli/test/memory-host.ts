import {
  AspenError,
  type Clock,
  type ClusterController,
  type KeyValueStore,
  type ReplicatedLog,
  type SqlStore,
} from "@aspenjs/api";
import { createMemoryClusterController, createMemoryKeyValueStore } from "@aspenjs/api/memory";
import { createNamespace, scanAll, withCodec } from "@aspenjs/api/views";
import type { AspenClient, IssueTicketOptions } from "@aspenjs/client";
import type { ExitCode } from "../src/exit-code.ts";
import type { ConnectOptions, Host, OutputStream, Prompt } from "../src/host.ts";
import { runProgram } from "../src/program.ts";

export interface MemoryHostOptions {
  readonly store?: KeyValueStore;
  /** Stands between the program and the store of the host's own. */
  readonly wrapStore?: (store: KeyValueStore) => KeyValueStore;
  readonly cluster?: ClusterController;
  /** A store in memory knows no SQL. */
  readonly sql?: SqlStore;
  /** A store in memory has no log. */
  readonly log?: ReplicatedLog;
  readonly prompt?: Prompt;
  readonly variables?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly input?: readonly Uint8Array[];
  readonly isTty?: boolean;
  /** Happens at the end of each wait. */
  readonly onWait?: (host: MemoryHost) => Promise<void> | void;
  /** Instead of a client of the store and the cluster. */
  readonly connect?: (options: ConnectOptions) => Promise<AspenClient>;
}

export interface ProgramRun {
  readonly exitCode: ExitCode;
  readonly output: string;
  readonly outputBytes: Buffer;
  readonly errors: string;
}

class MemoryStream implements OutputStream {
  readonly isTty: boolean;
  readonly hasColor = false;
  readonly columns = 100;
  readonly #chunks: Uint8Array[] = [];

  constructor(isTty: boolean) {
    this.isTty = isTty;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  async write(chunk: string | Uint8Array): Promise<void> {
    this.#chunks.push(Buffer.from(chunk));
  }
}

/** A machine with a cluster in memory: what commands print and how they end, without a process or a network. */
export class MemoryHost {
  readonly store: KeyValueStore;
  readonly cluster: ClusterController;
  readonly connections: ConnectOptions[] = [];
  readonly issued: IssueTicketOptions[] = [];
  closedClients = 0;
  /** What leases of its own store run by, too. */
  nowMs = 0;
  exits = 0;
  readonly #options: MemoryHostOptions;
  readonly #interruptListeners = new Set<() => void>();

  constructor(options: MemoryHostOptions = {}) {
    this.#options = options;
    const { wrapStore = (store) => store } = options;
    this.store = options.store ?? wrapStore(createMemoryKeyValueStore({ clock: this.clock() }));
    this.cluster = options.cluster ?? createMemoryClusterController();
  }

  interrupt(): void {
    for (const listener of [...this.#interruptListeners]) listener();
  }

  clock(): Clock {
    const never = (): never => {
      throw new Error("nobody sets timers here");
    };
    return { nowMs: () => this.nowMs, wallMs: () => this.nowMs, setTimer: never, defer: never };
  }

  /** Runs the program with these words; a ticket is given, unless the words say otherwise. */
  async run(...words: string[]): Promise<ProgramRun> {
    const { isTty = false } = this.#options;
    const output = new MemoryStream(isTty);
    const errors = new MemoryStream(isTty);
    const exitCode = await runProgram(words, this.host(output, errors));
    return { exitCode, output: output.bytes.toString(), outputBytes: output.bytes, errors: errors.bytes.toString() };
  }

  host(output: OutputStream = new MemoryStream(false), errors: OutputStream = new MemoryStream(false)): Host {
    const { isTty = false, input = [], workingDirectory = "/nowhere", variables } = this.#options;
    return {
      terminal: { input: { isTty, chunks: () => chunksOf(input) }, output, errors },
      variables: variables ?? { ASPEN_TICKET: "a ticket" },
      workingDirectory,
      connect: async (options) => {
        this.connections.push(options);
        return this.#options.connect === undefined ? this.client() : this.#options.connect(options);
      },
      onInterrupt: (listener) => {
        this.#interruptListeners.add(listener);
        return () => this.#interruptListeners.delete(listener);
      },
      openPrompt: () => {
        if (this.#options.prompt === undefined) throw new Error("nobody types here");
        return this.#options.prompt;
      },
      nowMs: () => this.nowMs,
      wait: async (durationMs, signal) => {
        if (signal.aborted) return;
        this.nowMs += durationMs;
        await this.#options.onWait?.(this);
      },
      exitNow: () => {
        this.exits += 1;
      },
    };
  }

  client(): AspenClient {
    const close = async (): Promise<void> => {
      this.closedClients += 1;
    };
    return {
      store: this.store,
      sql: this.#options.sql ?? { query: () => Promise.reject(new AspenError("unsupported", "no SQL here")) },
      log: this.#options.log ?? { subscribe: () => Promise.reject(new AspenError("unsupported", "no log here")) },
      cluster: this.cluster,
      clusterId: "memory",
      namespace: (name) => createNamespace(this.store, name),
      withCodec: (codec) => withCodec(this.store, codec),
      scanAll: (request, options) => scanAll(this.store, request, options),
      issueTicket: async (options) => {
        this.issued.push(options);
        return "an issued ticket";
      },
      joinTicket: async () => "a join ticket",
      close,
      [Symbol.asyncDispose]: close,
    };
  }
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A store whose every call fails with the code. */
export function failingStore(error: AspenError): KeyValueStore {
  const fail = async (): Promise<never> => {
    throw error;
  };
  return {
    write: fail,
    get: fail,
    getMulti: fail,
    scan: fail,
    keepLeaseAlive: fail,
    getLease: fail,
    listLeases: fail,
    watch: fail,
  };
}

/** The store with some of its methods replaced. */
export function storeWith(store: KeyValueStore, methods: Partial<KeyValueStore>): KeyValueStore {
  return {
    write: store.write.bind(store),
    get: store.get.bind(store),
    getMulti: store.getMulti.bind(store),
    scan: store.scan.bind(store),
    keepLeaseAlive: store.keepLeaseAlive.bind(store),
    getLease: store.getLease.bind(store),
    listLeases: store.listLeases.bind(store),
    watch: store.watch.bind(store),
    ...methods,
  };
}

export async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
