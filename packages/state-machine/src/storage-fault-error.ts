import { AspenError, type ErrorCode, type StorageFault } from "@aspenjs/api";

const CODES: Readonly<Record<StorageFault["code"], ErrorCode>> = {
  disk_full: "disk_full",
  io_failed: "internal",
  corrupt: "corrupt",
  in_use: "conflict",
  closed: "shutting_down",
};

/** What a local read throws: it returns an entry or a page and has no place for a fault. */
export function storageFaultError(fault: StorageFault): AspenError {
  return new AspenError(CODES[fault.code], fault.message, { cause: fault.cause });
}
