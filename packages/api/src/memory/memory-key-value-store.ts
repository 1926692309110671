import type { CallOptions } from "../call-options.ts";
import { encodeContinuation } from "../continuation.ts";
import { assertUserKey } from "../key.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { assertLeaseId } from "../lease-gate.ts";
import type { GetLeaseRequest, GetLeaseResult, ListLeasesRequest, ListLeasesResult } from "../lease-read.ts";
import type { LeaseId, LeaseStatus } from "../lease.ts";
import { limits } from "../limits.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  GetMultiRequest,
  GetMultiResult,
  GetRequest,
  GetResult,
  ReadLabel,
  ScanRequest,
  ScanResult,
} from "../read.ts";
import { assertLeasePosition, assertReadKeys } from "../read-gate.ts";
import { assertReadOptions, assertScanLimit, scanQuery } from "../scan-gate.ts";
import { assertWatchRequest } from "../watch-gate.ts";
import type { Watch, WatchRequest } from "../watch.ts";
import type { WriteCommand, WriteResultOf } from "../write-command.ts";
import { assertWriteCommand } from "../write-gate.ts";
import { assertStillWanted } from "./call-gate.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { KeyValueState } from "./key-value-state.ts";

export interface MemoryKeyValueStoreOptions {
  /** What leases run by. Without one time stands still: no lease ends by itself. */
  readonly clock?: Clock;
}

/**
 * An empty store that behaves as a cluster does to a client: the same gates, revisions, orders, pages and errors. Calls
 * take effect in the order in which they are made, so that a program under test runs the same way every time. Nothing
 * is kept when the process ends.
 *
 * Every read is linearizable, whatever weaker consistency it asked for, and says so. Leases that are due end when the
 * next call begins: those due first first, at equal times in the order of their numbers.
 */
export function createMemoryKeyValueStore(options: MemoryKeyValueStoreOptions = {}): KeyValueStore {
  return new MemoryKeyValueStore(options);
}

class MemoryKeyValueStore implements KeyValueStore {
  readonly #state = new KeyValueState();
  readonly #clock: Clock | undefined;
  #appliedIndex = 0;

  constructor({ clock }: MemoryKeyValueStoreOptions) {
    this.#clock = clock;
  }

  async write<Command extends WriteCommand>(command: Command, options?: CallOptions): Promise<WriteResultOf<Command>> {
    assertStillWanted(options);
    assertWriteCommand(command);
    const nowMs = this.#catchUp();
    // Like an entry of the log, a command counts whether or not it changes anything.
    this.#appliedIndex += 1;
    return this.#state.apply(command, { appliedIndex: this.#appliedIndex, nowMs }) as WriteResultOf<Command>;
  }

  async get(request: GetRequest, options?: CallOptions): Promise<GetResult> {
    assertStillWanted(options);
    assertReadOptions(request);
    assertUserKey(request.key);
    this.#catchUp();
    return { ...this.#label(), entry: this.#state.get(request.key) };
  }

  async getMulti(request: GetMultiRequest, options?: CallOptions): Promise<GetMultiResult> {
    assertStillWanted(options);
    assertReadOptions(request);
    assertReadKeys(request.keys);
    this.#catchUp();
    return { ...this.#label(), entries: this.#state.getMulti(request.keys) };
  }

  async scan(request: ScanRequest, options?: CallOptions): Promise<ScanResult> {
    assertStillWanted(options);
    const query = scanQuery(request);
    this.#catchUp();
    const page = this.#state.scan(query);
    const last = page.entries.at(-1);
    if (!page.isTruncated || last === undefined) return { ...this.#label(), ...page };
    const continuation = encodeContinuation({ after: last.key, reverse: query.reverse });
    return { ...this.#label(), ...page, continuation };
  }

  async keepLeaseAlive(leaseId: LeaseId, options?: CallOptions): Promise<LeaseStatus> {
    assertStillWanted(options);
    assertLeaseId(leaseId);
    const nowMs = this.#catchUp();
    this.#appliedIndex += 1;
    return this.#state.keepLeaseAlive(leaseId, nowMs);
  }

  async getLease(request: GetLeaseRequest, options?: CallOptions): Promise<GetLeaseResult> {
    assertStillWanted(options);
    const { leaseId, keysLimit = 0 } = request;
    assertReadOptions(request);
    assertLeaseId(leaseId);
    assertScanLimit(keysLimit);
    const nowMs = this.#catchUp();
    const keys = this.#state.leaseKeys(leaseId, keysLimit);
    return { ...this.#label(), lease: this.#state.lease(leaseId, nowMs), ...keys };
  }

  async listLeases(request: ListLeasesRequest = {}, options?: CallOptions): Promise<ListLeasesResult> {
    assertStillWanted(options);
    const { after = 0, limit = limits.scanLimitDefault } = request;
    assertReadOptions(request);
    assertLeasePosition(after);
    assertScanLimit(limit);
    const nowMs = this.#catchUp();
    const leases = this.#state.leases(after, limit + 1, nowMs);
    return { ...this.#label(), leases: leases.slice(0, limit), isTruncated: leases.length > limit };
  }

  async watch(request: WatchRequest, options?: CallOptions): Promise<Watch> {
    assertStillWanted(options);
    assertWatchRequest(request);
    this.#catchUp();
    return new MemoryWatch(this.#state.history, request, this.#clock, options?.signal);
  }

  /** Ends what is due, each as an entry of the log would, and returns the time of this call. */
  #catchUp(): number {
    const nowMs = this.#clock?.nowMs() ?? 0;
    while (this.#state.endFirstDueLease({ appliedIndex: this.#appliedIndex + 1, nowMs })) this.#appliedIndex += 1;
    return nowMs;
  }

  #label(): ReadLabel {
    return { consistency: "linearizable", appliedIndex: this.#appliedIndex, revision: this.#state.revision };
  }
}
