/**
 * What one commit costs: `node --conditions=@aspenjs/source bench/append.bench.ts [seconds per row] [directory]`.
 * Prints, per batch size, synced entries per second, latency, and CPU time of the whole process per commit.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogEntry, LogStore } from "@aspenjs/api";
import { openLmdbLogStore } from "../src/lmdb/index.ts";

const COMMAND = new Uint8Array(300).fill(7);
const PURGE_EVERY_ENTRIES = 50_000;

interface Row {
  readonly batchSize: number;
  readonly batchesInFlight: number;
}

const ROWS: readonly Row[] = [
  { batchSize: 1, batchesInFlight: 1 },
  { batchSize: 16, batchesInFlight: 1 },
  { batchSize: 256, batchesInFlight: 1 },
  { batchSize: 256, batchesInFlight: 4 },
  { batchSize: 1, batchesInFlight: 64 },
];

async function measure(store: LogStore, row: Row, durationMs: number): Promise<string> {
  const latenciesMs: number[] = [];
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  let entryCount = 0;
  const runOne = async (): Promise<void> => {
    while (performance.now() - startMs < durationMs) {
      const first = store.state.last.index + 1;
      const entries = Array.from({ length: row.batchSize }, (_, position): LogEntry => {
        return { term: 1, index: first + position, payload: { kind: "command", command: COMMAND } };
      });
      const calledMs = performance.now();
      const outcome = await store.append({ entries });
      if (outcome.kind === "fault") throw new Error(outcome.fault.message);
      latenciesMs.push(performance.now() - calledMs);
      entryCount += entries.length;
      const { last, purged } = store.state;
      if (last.index - purged.index > PURGE_EVERY_ENTRIES) void store.purge({ term: 1, index: last.index - 10_000 });
    }
  };
  await Promise.all(Array.from({ length: row.batchesInFlight }, runOne));
  const elapsedMs = performance.now() - startMs;
  const cpu = process.cpuUsage(startCpu);
  const cpuMicros = (cpu.user + cpu.system) / latenciesMs.length;
  latenciesMs.sort((left, right) => left - right);
  const at = (fraction: number): string => (latenciesMs[Math.floor(latenciesMs.length * fraction)] ?? 0).toFixed(2);
  return [
    `${String(row.batchSize).padStart(5)} x ${String(row.batchesInFlight).padStart(2)}`,
    `${Math.round((entryCount * 1_000) / elapsedMs).toLocaleString("en")} entries/s`.padStart(20),
    `${Math.round((latenciesMs.length * 1_000) / elapsedMs).toLocaleString("en")} batches/s`.padStart(18),
    `p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`,
    `${cpuMicros.toFixed(0)} us CPU per batch`.padStart(24),
    `${(cpuMicros / row.batchSize).toFixed(1)} per entry`,
  ].join("  ");
}

const durationMs = Number(process.argv[2] ?? 3) * 1_000;
const directory = await mkdtemp(join(process.argv[3] ?? tmpdir(), "aspen-log-bench-"));
try {
  const opened = await openLmdbLogStore({ directory, storeId: "bench" });
  if (opened.kind === "fault") throw new Error(opened.fault.message);
  await measure(opened.store, { batchSize: 16, batchesInFlight: 1 }, 500);
  console.log("batch x in flight, entries of 300 bytes");
  for (const row of ROWS) console.log(await measure(opened.store, row, durationMs));
  await opened.store.close();
  const startMs = performance.now();
  const again = await openLmdbLogStore({ directory, storeId: "bench", mustExist: true });
  if (again.kind === "fault") throw new Error(again.fault.message);
  const { last, purged } = again.store.state;
  const openMs = (performance.now() - startMs).toFixed(0);
  console.log(`reopened and verified ${(last.index - purged.index).toLocaleString("en")} entries in ${openMs} ms`);
  await again.store.close();
} finally {
  await rm(directory, { recursive: true });
}
