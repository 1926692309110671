import type { StorageFault } from "@aspenjs/api";
import { assert, utf8ByteLength } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { isSameHash, type ChainHasher } from "./chain-hasher.ts";
import { ChainWalk } from "./chain-walk.ts";
import { ChainedLogStore } from "./chained-log-store.ts";
import { LogFront } from "./log-front.ts";
import { decodeHeader, emptyHeader, type LogHeader } from "./log-header.ts";
import { limits } from "./limits.ts";
import type { RowDisk } from "./row-disk.ts";
import { corruptFault } from "./storage-faults.ts";

export interface LogStoreIdentity {
  /**
   * Text chosen by the operator, stored inside: a directory that was mixed up with another node's is refused.
   * 1 to 256 bytes in UTF-8.
   */
  readonly storeId: string;
  /**
   * Set it for a node that has voted or stored before: an empty disk is then a fault, not a fresh start. A node that
   * forgot its vote and its log must not come back under the same identity.
   */
  readonly mustExist?: boolean;
}

export type OpenLogStoreOutcome =
  | { readonly kind: "opened"; readonly store: ChainedLogStore }
  | { readonly kind: "fault"; readonly fault: StorageFault };

type HeaderOutcome =
  | { readonly kind: "header"; readonly header: LogHeader }
  | { readonly kind: "fault"; readonly fault: StorageFault };

export function assertStoreIdentity(identity: LogStoreIdentity): void {
  const { storeId } = identity;
  assert(storeId.isWellFormed() && storeId.length > 0, "a store id is text that is not empty");
  assert(utf8ByteLength(storeId) <= limits.storeIdBytesMax, `a store id has at most ${limits.storeIdBytesMax} bytes`);
}

/** Verifies everything that `disk` holds before anything may rely on it. On a fault the disk is left to the caller. */
export async function openLogStore(
  hasher: ChainHasher,
  disk: RowDisk,
  identity: LogStoreIdentity,
): Promise<OpenLogStoreOutcome> {
  const outcome = await readOrCreateHeader(hasher, disk, identity);
  if (outcome.kind === "fault") return outcome;
  const { header } = outcome;
  if (header.storeId !== identity.storeId) {
    const problem = `this is the log of "${header.storeId}", not of "${identity.storeId}"`;
    return { kind: "fault", fault: { code: "corrupt", message: `${problem}; check the data directory` } };
  }
  const front = new LogFront(hasher, header);
  const fault = await restoreEntries(hasher, disk, front);
  if (fault !== undefined) return { kind: "fault", fault };
  disk.adopt(header);
  return { kind: "opened", store: new ChainedLogStore(hasher, front, disk) };
}

async function readOrCreateHeader(
  hasher: ChainHasher,
  disk: RowDisk,
  identity: LogStoreIdentity,
): Promise<HeaderOutcome> {
  const read = disk.readHeader();
  if (read.kind === "fault") return read;
  if (read.kind === "missing") return createHeader(disk, identity);
  try {
    return { kind: "header", header: decodeHeader(hasher, read.bytes) };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return { kind: "fault", fault: corruptFault(cause.message, cause) };
  }
}

async function createHeader(disk: RowDisk, identity: LogStoreIdentity): Promise<HeaderOutcome> {
  if (!disk.isEmpty()) return { kind: "fault", fault: corruptFault("there are entries, but the header is missing") };
  if (identity.mustExist === true) {
    return { kind: "fault", fault: corruptFault(`the log of "${identity.storeId}" must exist, but nothing is stored`) };
  }
  const header = emptyHeader(identity.storeId);
  const outcome = await disk.commit([{ header, rows: [], dead: undefined, keptThrough: 0, rowBytes: 0 }]);
  return outcome.kind === "fault" ? outcome : { kind: "header", header };
}

/** Every live row, in order, with its hash: a log with a hole or a changed bit is never opened. */
async function restoreEntries(hasher: ChainHasher, disk: RowDisk, front: LogFront): Promise<StorageFault | undefined> {
  const { state, base, tip } = front.header;
  const walk = new ChainWalk(hasher, disk, state.purged.index + 1, base);
  let term = state.purged.term;
  while (walk.nextIndex <= state.last.index) {
    const step = walk.step();
    if (step.kind === "fault") return step.fault;
    if (step.kind === "broken") return corruptFault(`entry ${step.index}: ${step.reason}`);
    if (step.entry.term < term) return corruptFault(`entry ${step.entry.index}: term ${step.entry.term} goes back`);
    term = step.entry.term;
    front.restore(step.entry, step.encodedBytes);
    if (step.entry.index % limits.verifiedRowsPerSliceMax === 0) await disk.pause();
  }
  if (!isSameHash(walk.hash, tip)) {
    return corruptFault(`entry ${state.last.index}: the chain does not end at the hash in the header`);
  }
  return term === state.last.term ? undefined : corruptFault(`the header names another term for the last entry`);
}
