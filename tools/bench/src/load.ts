import type { KeyValueStore } from "@aspenjs/api";
import type { NodeProcess } from "@aspenjs/e2e/process-cluster";
import type { Point } from "./point.ts";
import { quantile } from "./quantile.ts";

export interface LoadOptions {
  readonly mode: Point["mode"];
  readonly callers: number;
  readonly warmupMs: number;
  readonly durationMs: number;
}

const KEY_COUNT = 10_000;
const VALUE_BYTES = 256;
const VALUE_COUNT = 64;

const keys = Array.from({ length: KEY_COUNT }, (_, position) => `k/${String(position).padStart(5, "0")}`);
const values = Array.from({ length: VALUE_COUNT }, () => crypto.getRandomValues(new Uint8Array(VALUE_BYTES)));

/** Every key once, so that gets find something and puts overwrite. */
export async function preload(store: KeyValueStore): Promise<void> {
  const batch = 500;
  for (let start = 0; start < KEY_COUNT; start += batch) {
    const pairs = keys.slice(start, start + batch).map((key) => ({ key, value: pick(values) }));
    await store.write({ kind: "setMulti", pairs });
  }
}

/** Every caller sends its next operation when the last one is answered. */
export async function runLoad(
  store: KeyValueStore,
  nodes: readonly NodeProcess[],
  options: LoadOptions,
): Promise<Point> {
  const startMs = performance.now() + options.warmupMs;
  const endMs = startMs + options.durationMs;
  const latencies: number[] = [];
  let errors = 0;
  const operation =
    options.mode === "put"
      ? () => store.write({ kind: "set", key: pick(keys), value: pick(values) })
      : () => store.get({ key: pick(keys) });
  const caller = async (): Promise<void> => {
    for (;;) {
      const sentMs = performance.now();
      if (sentMs >= endMs) return;
      try {
        await operation();
      } catch {
        errors += 1;
        continue;
      }
      const answeredMs = performance.now();
      if (answeredMs >= startMs && answeredMs < endMs) latencies.push(answeredMs - sentMs);
    }
  };
  const callers = Promise.all(Array.from({ length: options.callers }, caller));
  await sleepUntil(startMs);
  const before = await sample(nodes);
  await sleepUntil(endMs);
  const after = await sample(nodes);
  await callers;
  const count = Math.max(1, latencies.length);
  const sorted = Float64Array.from(latencies).sort();
  return {
    system: `aspen-${nodes.length}-nodes`,
    mode: options.mode,
    callers: options.callers,
    opsPerSecond: Math.round((latencies.length * 1_000) / options.durationMs),
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    serverCpuUsPerOp: Math.round((after.serverUs - before.serverUs) / count),
    clientCpuUsPerOp: Math.round((after.clientUs - before.clientUs) / count),
    rssMiB: after.rssMiB,
    errors,
  };
}

interface Sample {
  readonly serverUs: number;
  readonly clientUs: number;
  readonly rssMiB: readonly number[];
}

async function sample(nodes: readonly NodeProcess[]): Promise<Sample> {
  const cpu = await Promise.all(nodes.map((node) => node.cpuMicros()));
  const resident = await Promise.all(nodes.map((node) => node.residentBytes()));
  const { user, system } = process.cpuUsage();
  return {
    serverUs: cpu.reduce((sum, micros) => sum + micros, 0),
    clientUs: user + system,
    rssMiB: resident.map((bytes) => Math.round(bytes / 1_048_576)),
  };
}

function pick<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error("there is something to pick from");
  return item;
}

function sleepUntil(atMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));
}
