import type { KeyValueStore } from "../src/key-value-store.ts";

/** The store with another way to scan. */
export function storeWithScan(store: KeyValueStore, scan: KeyValueStore["scan"]): KeyValueStore {
  return {
    write: (command, options) => store.write(command, options),
    get: (request, options) => store.get(request, options),
    getMulti: (request, options) => store.getMulti(request, options),
    scan,
    keepLeaseAlive: (leaseId, options) => store.keepLeaseAlive(leaseId, options),
    getLease: (request, options) => store.getLease(request, options),
    listLeases: (request, options) => store.listLeases(request, options),
    watch: (request, options) => store.watch(request, options),
  };
}
