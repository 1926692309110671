import type { KeyValueStore, SqlStore } from "@aspenjs/api";
import { ProcessCluster } from "@aspenjs/e2e/process-cluster";

export interface SqlBesideWriterOptions {
  readonly keys: number;
  readonly callers: number;
  /** Each is one phase without queries, and one with them. */
  readonly rounds: number;
  readonly phaseMs: number;
}

export interface SqlBesideWriterReport {
  readonly quiet: LatencyReport;
  readonly queried: LatencyReport;
  readonly queries: number;
  readonly queryP50Ms: number;
}

export interface LatencyReport {
  readonly writes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Stores {
  readonly store: KeyValueStore;
  readonly sql: SqlStore;
}

const SQL = "SELECT count(*), max(mod_revision) FROM kv WHERE key LIKE 'a%'";
const VALUE = new Uint8Array(256).fill(120);
const PAIRS_PER_WRITE = 500;
const WARM_UP_MS = 2_000;

/** One writer throughout, and a loop of one query after the other in every second phase: what the loop costs it. */
export async function measureSqlBesideWriter(options: SqlBesideWriterOptions): Promise<SqlBesideWriterReport> {
  const cluster = await ProcessCluster.form(3);
  try {
    const client = await cluster.connect({ deadlineMs: 30_000 });
    await fill(client, options.keys);
    const quietMs: number[] = [];
    const queriedMs: number[] = [];
    const queryMs: number[] = [];
    await writeFor(client, options, WARM_UP_MS, []);
    await queryUntil(client, () => true, []);
    for (let round = 0; round < options.rounds; round += 1) {
      await writeFor(client, options, options.phaseMs, quietMs);
      let isOver = false;
      const queries = queryUntil(client, () => isOver, queryMs);
      await writeFor(client, options, options.phaseMs, queriedMs);
      isOver = true;
      await queries;
    }
    const queryP50Ms = percentile(queryMs, 0.5);
    return { quiet: latencyOf(quietMs), queried: latencyOf(queriedMs), queries: queryMs.length, queryP50Ms };
  } finally {
    await cluster.close();
  }
}

async function fill({ store }: Stores, keys: number): Promise<void> {
  for (let start = 0; start < keys; start += PAIRS_PER_WRITE) {
    const pairs = Array.from({ length: Math.min(PAIRS_PER_WRITE, keys - start) }, (_, offset) => ({
      key: `a/${start + offset}`,
      value: VALUE,
    }));
    await store.write({ kind: "setMulti", pairs });
  }
}

async function writeFor(
  { store }: Stores,
  { keys, callers }: SqlBesideWriterOptions,
  durationMs: number,
  latenciesMs: number[],
): Promise<void> {
  const endMs = performance.now() + durationMs;
  const call = async (caller: number): Promise<void> => {
    for (let count = caller; ; count += callers) {
      const startMs = performance.now();
      if (startMs >= endMs) return;
      await store.write({ kind: "set", key: `a/${(count * 7_919) % keys}`, value: VALUE });
      latenciesMs.push(performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
}

/** At least once. */
async function queryUntil({ sql }: Stores, isOver: () => boolean, latenciesMs: number[]): Promise<void> {
  do {
    const startMs = performance.now();
    await sql.query({ sql: SQL }, { deadlineMs: 30_000 });
    latenciesMs.push(performance.now() - startMs);
  } while (!isOver());
}

function latencyOf(latenciesMs: number[]): LatencyReport {
  return { writes: latenciesMs.length, p50Ms: percentile(latenciesMs, 0.5), p99Ms: percentile(latenciesMs, 0.99) };
}

function percentile(latenciesMs: readonly number[], share: number): number {
  const sorted = latenciesMs.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
