import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLmdbLogStore } from "@aspenjs/log-store/lmdb";

export interface FloorFigure {
  readonly what: string;
  readonly perSecond: number;
}

const MEASURE_MS = 2_000;
const BLOCK_BYTES = 4_096;
const ENTRY_BYTES = 300;

/** What the disk under the cluster gives, without the cluster: no write can be acknowledged faster than it is synced. */
export async function measureFloor(): Promise<readonly FloorFigure[]> {
  const directory = mkdtempSync(join(tmpdir(), "aspen-floor-"));
  try {
    return [
      { what: "append 4 KiB + fdatasync", perSecond: measureSync(join(directory, "plain")) },
      { what: "log store, synced batches of 1 entry", perSecond: await measureLog(join(directory, "one"), 1) },
      { what: "log store, synced batches of 256 entries", perSecond: await measureLog(join(directory, "many"), 256) },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function measureSync(path: string): number {
  const file = openSync(path, "w");
  const block = Buffer.alloc(BLOCK_BYTES, 7);
  const startMs = performance.now();
  let count = 0;
  while (performance.now() - startMs < MEASURE_MS) {
    writeSync(file, block);
    fdatasyncSync(file);
    count += 1;
  }
  closeSync(file);
  return Math.round((count * 1_000) / (performance.now() - startMs));
}

/** Batches per second, one after the other. */
async function measureLog(directory: string, batchEntries: number): Promise<number> {
  const opened = await openLmdbLogStore({ directory, storeId: "floor" });
  if (opened.kind === "fault") throw new Error(opened.fault.message);
  const { store } = opened;
  const command = new Uint8Array(ENTRY_BYTES).fill(7);
  const startMs = performance.now();
  let count = 0;
  while (performance.now() - startMs < MEASURE_MS) {
    const first = store.state.last.index + 1;
    const entries = Array.from({ length: batchEntries }, (_, position) => ({
      term: 1,
      index: first + position,
      payload: { kind: "command", command } as const,
    }));
    const outcome = await store.append({ entries });
    if (outcome.kind === "fault") throw new Error(outcome.fault.message);
    count += 1;
  }
  const perSecond = Math.round((count * 1_000) / (performance.now() - startMs));
  await store.close();
  return perSecond;
}
