import {
  assertLeaseId,
  assertWriteCommand,
  type CallOptions,
  type GetLeaseRequest,
  type GetLeaseResult,
  type GetMultiRequest,
  type GetMultiResult,
  type GetRequest,
  type GetResult,
  type KeyValueStore,
  type LeaseId,
  type LeaseStatus,
  type ListLeasesRequest,
  type ListLeasesResult,
  type ReadOptions,
  type ScanRequest,
  type ScanResult,
  type Watch,
  type WatchRequest,
  type WriteCommand,
  type WriteResultOf,
} from "@aspenjs/api";
import type { AnswerOfKind, RequestByKind, RequestKind } from "@aspenjs/protocol";
import type { CallDriver } from "./call-driver.ts";
import { readWithFallback, type ReadKind } from "./local-fallback.ts";
import {
  getKeyRequest,
  getLeaseStatusRequest,
  getMultiKeysRequest,
  listLeaseStatusesRequest,
  scanKeysRequest,
} from "./request-gate.ts";
import type { WatchChannel } from "./watch-channel.ts";
import type { WriteSession } from "./write-session.ts";

export class RemoteKeyValueStore implements KeyValueStore {
  readonly #driver: CallDriver;
  readonly #session: WriteSession;
  readonly #watches: WatchChannel;

  constructor(driver: CallDriver, session: WriteSession, watches: WatchChannel) {
    this.#driver = driver;
    this.#session = session;
    this.#watches = watches;
  }

  async write<Command extends WriteCommand>(command: Command, options?: CallOptions): Promise<WriteResultOf<Command>> {
    assertWriteCommand(command);
    const result = await this.#session.write(command, options);
    return result as WriteResultOf<Command>;
  }

  async get(request: GetRequest, options?: CallOptions): Promise<GetResult> {
    return this.#read("get", request, getKeyRequest(request), options);
  }

  async getMulti(request: GetMultiRequest, options?: CallOptions): Promise<GetMultiResult> {
    return this.#read("getMulti", request, getMultiKeysRequest(request), options);
  }

  async scan(request: ScanRequest, options?: CallOptions): Promise<ScanResult> {
    return this.#read("scan", request, scanKeysRequest(request), options);
  }

  async keepLeaseAlive(leaseId: LeaseId, options?: CallOptions): Promise<LeaseStatus> {
    assertLeaseId(leaseId);
    return this.#ask("keepLeaseAlive", { kind: "keepLeaseAlive", leaseId }, options);
  }

  async getLease(request: GetLeaseRequest, options?: CallOptions): Promise<GetLeaseResult> {
    return this.#read("getLease", request, getLeaseStatusRequest(request), options);
  }

  async listLeases(request: ListLeasesRequest = {}, options?: CallOptions): Promise<ListLeasesResult> {
    return this.#read("listLeases", request, listLeaseStatusesRequest(request), options);
  }

  #read<Kind extends ReadKind>(
    kind: Kind,
    { fallback }: ReadOptions,
    request: RequestByKind[Kind],
    options: CallOptions | undefined,
  ): Promise<AnswerOfKind<Kind>> {
    if (fallback === undefined || request.consistency === "stale") return this.#ask(kind, request, options);
    return readWithFallback(this.#driver, kind, request, options);
  }

  watch(request: WatchRequest, options?: CallOptions): Promise<Watch> {
    return this.#watches.open(request, options);
  }

  #ask<Kind extends RequestKind>(
    kind: Kind,
    request: RequestByKind[Kind],
    options: CallOptions | undefined,
  ): Promise<AnswerOfKind<Kind>> {
    return this.#driver.run({ ...options, repeatability: "repeatable" }, (call) =>
      this.#driver.ask(call, kind, () => request),
    );
  }
}
