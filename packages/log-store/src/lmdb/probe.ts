/**
 * A program of its own: reads every page of the log file that its owner would, and exits with 0. Whatever else
 * happens, a crash included, says that the file is damaged. Changes nothing; the owner may go on meanwhile.
 */
import { writeSync } from "node:fs";
import { ABORT } from "lmdb";
import { HEADER_KEY, MAP_BYTES_DEFAULT, openRowDatabase } from "./lmdb-environment.ts";
import { auditPages } from "./page-audit.ts";

async function probe(file: string): Promise<void> {
  const database = openRowDatabase(file, MAP_BYTES_DEFAULT);
  const snapshot = database.useReadTransaction();
  auditPages(file);
  // LMDB itself must be able to walk what the audit found sound.
  for (const { key, value } of database.getRange({ start: HEADER_KEY })) {
    if (value.byteLength === 0) throw new Error(`row ${key} is empty`);
  }
  snapshot.done();
  // A write that is undone begins where every write does: at the list of free pages.
  database.transactionSync(() => {
    void database.put(HEADER_KEY, new Uint8Array(1));
    return ABORT;
  });
  await database.close();
}

const STANDARD_ERROR = 2;

try {
  await probe(process.argv[2] ?? "");
} catch (error) {
  writeSync(STANDARD_ERROR, error instanceof Error ? error.message : String(error));
  process.exit(1);
}
