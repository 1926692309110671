import { loadChainHasher } from "../chain-hasher.ts";
import {
  assertStoreIdentity,
  openLogStore,
  type LogStoreIdentity,
  type OpenLogStoreOutcome,
} from "../open-log-store.ts";
import { MemoryDisk } from "./memory-disk.ts";

export interface MemoryLogStoreOptions extends LogStoreIdentity {
  /** Outlives the store. Without one the log ends with the store. */
  readonly disk?: MemoryDisk;
}

/** Opens the log on a memory disk, or creates it: the twin of the LMDB store, with the same rows, checks and faults. */
export async function createMemoryLogStore(options: MemoryLogStoreOptions): Promise<OpenLogStoreOutcome> {
  assertStoreIdentity(options);
  const hasher = await loadChainHasher();
  const session = (options.disk ?? new MemoryDisk()).openSession(hasher);
  if (session === undefined) {
    return { kind: "fault", fault: { code: "in_use", message: "another store has this disk open" } };
  }
  const outcome = await openLogStore(hasher, session, options);
  if (outcome.kind === "fault") await session.close();
  return outcome;
}
