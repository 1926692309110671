/**
 * One log, one writer. LMDB itself lets many processes write one file; two nodes on one log would both believe it.
 *
 * LMDB's table of readers is the lock: a process that has read once keeps a slot in it until it closes the database,
 * and a record lock of the kernel tells the living from the dead, `kill -9` included. A claimer looks before it takes
 * its own slot and again after: of two that come at once, at least one sees the other.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { StorageFault } from "@aspenjs/api";
import { HEADER_KEY, type RowDatabase } from "./lmdb-environment.ts";

/** A predecessor that is just ending, or the probe it left behind, gets this long to go. */
const CLAIM_ATTEMPTS_MAX = 20;
const CLAIM_PAUSE_MS = 100;

export async function claimDatabase(database: RowDatabase, directory: string): Promise<StorageFault | undefined> {
  let holders = holderIds(database);
  for (let attempt = 1; holders.length > 0 && attempt < CLAIM_ATTEMPTS_MAX; attempt += 1) {
    await sleep(CLAIM_PAUSE_MS);
    holders = holderIds(database);
  }
  if (holders.length > 0) return claimedFault(directory, holders);
  database.getBinary(HEADER_KEY);
  const others = holderIds(database).filter((processId) => processId !== process.pid);
  return others.length > 0 ? claimedFault(directory, others) : undefined;
}

/** Process ids of living readers: lines of "process id, thread, transaction" under a heading. */
function holderIds(database: RowDatabase): readonly number[] {
  database.readerCheck();
  return database
    .readerList()
    .split("\n")
    .flatMap((line) => {
      const processId = /^\s*(\d+)\s+[0-9a-f]+\s+(?:\d+|-)$/.exec(line)?.[1];
      return processId === undefined ? [] : [Number(processId)];
    });
}

export function claimedFault(directory: string, processIds: readonly number[]): StorageFault {
  const holders = [...new Set(processIds)].join(", ");
  return { code: "in_use", message: `the log in ${directory} is open already, in process ${holders}` };
}
