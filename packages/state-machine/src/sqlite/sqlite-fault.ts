import type { StorageFault } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { SqliteError } from "better-sqlite3";

/** Rows that are not what was written. Thrown where they are read, and turned into a fault where it leaves. */
export class CorruptStateError extends Error {
  override readonly name = "CorruptStateError";
}

const FULL_CODES: ReadonlySet<string> = new Set(["SQLITE_FULL", "ENOSPC", "EDQUOT", "EFBIG"]);
const CORRUPT_CODE_START = /^SQLITE_(CORRUPT|NOTADB|FORMAT)/;

/** What the disk did, in the terms of the port. What is no fault of the disk is a bug and is thrown on. */
export function storageFaultOf(error: unknown): StorageFault {
  if (error instanceof CorruptStateError) return { code: "corrupt", message: error.message };
  if (error instanceof DecodeError) {
    return { code: "corrupt", message: `a stored row cannot be read: ${error.message}`, cause: error };
  }
  const code = errorCode(error);
  if (code === undefined || !(error instanceof Error)) throw error;
  const message = `${code}: ${error.message}`;
  if (FULL_CODES.has(code)) return { code: "disk_full", message, cause: error };
  if (CORRUPT_CODE_START.test(code)) return { code: "corrupt", message, cause: error };
  return { code: "io_failed", message, cause: error };
}

/** Code of an error of SQLite or of the file system; nothing for any other, and for a wrong statement of ours. */
function errorCode(error: unknown): string | undefined {
  if (error instanceof SqliteError) return error.code === "SQLITE_ERROR" ? undefined : error.code;
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** A fault as it can travel between threads. */
export function withoutCause({ code, message }: StorageFault): StorageFault {
  return { code, message };
}
