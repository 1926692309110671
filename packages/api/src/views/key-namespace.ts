import type { CallOptions } from "../call-options.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import type { GetLeaseRequest, GetLeaseResult, ListLeasesRequest, ListLeasesResult } from "../lease-read.ts";
import type { LeaseId, LeaseStatus } from "../lease.ts";
import { limits } from "../limits.ts";
import type { GetMultiRequest, GetMultiResult, GetRequest, GetResult, ScanRequest, ScanResult } from "../read.ts";
import { assertScanLimit } from "../scan-gate.ts";
import { assertWatchFilter } from "../watch-gate.ts";
import type { Watch, WatchRequest } from "../watch.ts";
import type { WriteCommand, WriteResultOf } from "../write-command.ts";
import { commandToStore, resultFromStore } from "./namespace-command.ts";
import { NamespaceKeys } from "./namespace-keys.ts";
import { assertRoomBehind, namespacePrefix } from "./namespace-name.ts";
import { viewOfWatch } from "./watch-view.ts";

/**
 * The keys of a store that start with the prefix, by what follows it, as a store of their own.
 *
 * Revisions, applied indexes and leases are those of the whole store. A lease may be bound to keys of several
 * namespaces: `keepLeaseAlive`, `leaseRevoke`, a lease's `keyCount` and a revocation's `deletedCount` are about all of
 * them, wherever they are; `keys` names those inside.
 */
export interface Namespace extends KeyValueStore {
  /** The whole path, from the store that is no namespace. */
  readonly name: string;
  /** What all its keys start with in the store: the key prefix of a ticket that is for this namespace alone. */
  readonly prefix: string;
  /** A namespace inside this one. */
  namespace(name: string): Namespace;
}

/**
 * The keys below `name/`. Nothing is created: a namespace is there as long as it has keys. A `/` in the name is a path:
 * the namespace `vault/a` is the namespace `a` of the namespace `vault`.
 * @throws AspenError `invalid_request`
 */
export function createNamespace(store: KeyValueStore, name: string): Namespace {
  if (store instanceof KeyNamespace) return store.namespace(name);
  return new KeyNamespace(store, namespacePrefix(name));
}

class KeyNamespace implements Namespace {
  readonly name: string;
  readonly prefix: string;
  readonly #store: KeyValueStore;
  readonly #keys: NamespaceKeys;

  constructor(store: KeyValueStore, prefix: string) {
    this.name = prefix.slice(0, -1);
    this.prefix = prefix;
    this.#store = store;
    this.#keys = new NamespaceKeys(prefix);
  }

  namespace(name: string): Namespace {
    const prefix = this.prefix + namespacePrefix(name);
    assertRoomBehind(prefix);
    return new KeyNamespace(this.#store, prefix);
  }

  async write<Command extends WriteCommand>(command: Command, options?: CallOptions): Promise<WriteResultOf<Command>> {
    const result = await this.#store.write(commandToStore(this.#keys, command), options);
    return resultFromStore(this.#keys, result) as WriteResultOf<Command>;
  }

  async get(request: GetRequest, options?: CallOptions): Promise<GetResult> {
    const result = await this.#store.get({ ...request, key: this.#keys.toStore(request.key) }, options);
    return { ...result, entry: result.entry && this.#keys.entryFromStore(result.entry) };
  }

  async getMulti(request: GetMultiRequest, options?: CallOptions): Promise<GetMultiResult> {
    const keys = request.keys.map((key) => this.#keys.toStore(key));
    const result = await this.#store.getMulti({ ...request, keys }, options);
    return { ...result, entries: result.entries.map((entry) => entry && this.#keys.entryFromStore(entry)) };
  }

  async scan(request: ScanRequest, options?: CallOptions): Promise<ScanResult> {
    const range = this.#keys.rangeToStore(request.range);
    const result = await this.#store.scan({ ...request, range }, options);
    return { ...result, entries: result.entries.map((entry) => this.#keys.entryFromStore(entry)) };
  }

  keepLeaseAlive(leaseId: LeaseId, options?: CallOptions): Promise<LeaseStatus> {
    return this.#store.keepLeaseAlive(leaseId, options);
  }

  async getLease(request: GetLeaseRequest, options?: CallOptions): Promise<GetLeaseResult> {
    const { keysLimit = 0 } = request;
    assertScanLimit(keysLimit);
    // Which of the keys are inside shows only when all of them are named.
    const askedLimit = keysLimit === 0 ? 0 : limits.scanLimitMax;
    const result = await this.#store.getLease({ ...request, keysLimit: askedLimit }, options);
    return { ...result, keys: this.#keys.ownKeys(result.keys).slice(0, keysLimit) };
  }

  listLeases(request?: ListLeasesRequest, options?: CallOptions): Promise<ListLeasesResult> {
    return this.#store.listLeases(request, options);
  }

  async watch(request: WatchRequest, options?: CallOptions): Promise<Watch> {
    assertWatchFilter(request.filter);
    const watch = await this.#store.watch({ ...request, filter: this.#keys.filterToStore(request.filter) }, options);
    return viewOfWatch(watch, (batch) => ({
      ...batch,
      changes: batch.changes.map((change) => this.#keys.changeFromStore(change)),
    }));
  }
}
