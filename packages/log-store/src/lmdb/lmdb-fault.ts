import { statfs } from "node:fs/promises";
import type { StorageFault } from "@aspenjs/api";
import { corruptFault } from "../storage-faults.ts";

const LMDB_MAP_FULL = -30_792;
const DISK_FULL_CODES: readonly unknown[] = ["ENOSPC", "EDQUOT", 28, 122, LMDB_MAP_FULL];
/** Page not found, corrupted, invalid file, version mismatch, incompatible, bad checksum. */
const LMDB_CORRUPT_CODES: readonly unknown[] = [-30_797, -30_796, -30_793, -30_794, -30_784, -30_778];

/** What LMDB or the system said, as one of the faults that the contract knows. */
export function lmdbFault(action: string, error: unknown): StorageFault {
  const code = errorCode(error);
  const reason = error instanceof Error ? error.message : String(error);
  const message = `${action}: ${reason}`;
  if (DISK_FULL_CODES.includes(code)) return { code: "disk_full", message, cause: error };
  if (LMDB_CORRUPT_CODES.includes(code)) return corruptFault(message, error);
  return { code: "io_failed", message, cause: error };
}

/** Pages that one transaction writes besides its rows: branches, the header's, the list of free pages. */
const COMMIT_OVERHEAD_BYTES = 65_536;

/**
 * A disk that fills up in the middle of a write cuts that write short, and LMDB calls a short write an I/O error:
 * whether there is room left tells the two apart.
 */
export async function namedDiskFull(fault: StorageFault, file: string, rowBytes: number): Promise<StorageFault> {
  if (fault.code !== "io_failed") return fault;
  try {
    const { bavail, bsize } = await statfs(file);
    const availableBytes = bavail * bsize;
    if (availableBytes >= rowBytes + COMMIT_OVERHEAD_BYTES) return fault;
    return { ...fault, code: "disk_full", message: `${fault.message}; ${availableBytes} bytes are available` };
  } catch {
    // The disk does not even answer this: the first fault says it best.
    return fault;
  }
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** The library rejects a commit with a wrapper; the reason comes as a second promise that only ever rejects. */
export async function commitError(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && "commitError" in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (reason) {
    return reason;
  }
}
