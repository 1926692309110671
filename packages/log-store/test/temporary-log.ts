import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StorageFault } from "@aspenjs/api";
import type { ChainedLogStore } from "../src/chained-log-store.ts";
import { openLmdbLogStore } from "../src/lmdb/index.ts";
import type { OpenLogStoreOutcome } from "../src/open-log-store.ts";

export const STORE_ID = "node-1";

export async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "aspen-log-"));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true, maxRetries: 5 });
  }
}

export function storeOf(outcome: OpenLogStoreOutcome): ChainedLogStore {
  if (outcome.kind === "fault") throw new Error(outcome.fault.message);
  return outcome.store;
}

/** Of an opening that must fail. */
export async function faultOf(outcome: OpenLogStoreOutcome): Promise<StorageFault> {
  if (outcome.kind === "fault") return outcome.fault;
  await outcome.store.close();
  throw new Error("the store opened, although it must not");
}

export async function openLmdb(directory: string): Promise<ChainedLogStore> {
  return storeOf(await openLmdbLogStore({ directory, storeId: STORE_ID }));
}
