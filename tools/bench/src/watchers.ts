import { setTimeout as sleep } from "node:timers/promises";
import type { KeyValueStore } from "@aspenjs/api";
import { ProcessCluster } from "@aspenjs/e2e/process-cluster";
import { quantile } from "./quantile.ts";

export interface WatchersOptions {
  readonly watchers: number;
  readonly writesPerSecond: number;
  /** At the same pace, before anything is measured: processes that have just started are slow for a while. */
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly clients: number;
  /** `deliveryMs` is the 99th percentile of what came since the last time. */
  readonly onSecond: (second: number, writes: number, deliveryMs: number) => void;
}

export interface WatchersReport {
  readonly watchers: number;
  readonly writes: number;
  readonly seconds: number;
  /** Batches that came, and those that should have. */
  readonly told: number;
  readonly expected: number;
  /** Versions of its key that a watcher missed, or heard twice. */
  readonly faults: number;
  readonly warmUpMs: Delivery;
  readonly deliveryMs: Delivery;
  /** Of each node: before the first write, after the warm-up, then after each quarter. */
  readonly residentMib: readonly (readonly number[])[];
}

export interface Delivery {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Follower {
  /** Of its own key: what it was told last. */
  lastVersion: number;
  faults: number;
  told: number;
}

const QUARTERS = 4;
const SETTLE_MS = 5_000;
const TICK_MS = 10;
const MIB = 1_048_576;

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

/**
 * Watchers on prefixes of their own, and a writer that sets one key after the other at a given pace, whether or not
 * earlier writes are answered. Versions of a key count its writes, so that a watcher knows what it missed; a value says
 * when it was asked for, so that it knows how late it is.
 */
export async function measureWatchers(options: WatchersOptions): Promise<WatchersReport> {
  const { watchers, clients, warmUpMs, durationMs } = options;
  const cluster = await ProcessCluster.form(3);
  try {
    const stores = await Promise.all(
      Array.from({ length: clients }, async () => (await cluster.connect({ deadlineMs: 60_000 })).store),
    );
    const latenciesMs: number[] = [];
    const followers = await Promise.all(
      Array.from({ length: watchers }, (_, number) => {
        return follow(stores[number % clients] as KeyValueStore, number, latenciesMs);
      }),
    );
    const resident = [await residentMib(cluster)];
    let warmUpCount = 0;
    const looks = Array.from({ length: QUARTERS + 1 }, async (_, quarter) => {
      await sleep(warmUpMs + (durationMs * quarter) / QUARTERS);
      if (quarter === 0) warmUpCount = latenciesMs.length;
      resident[quarter + 1] = await residentMib(cluster);
    });
    const [counts] = await Promise.all([write(stores, options, latenciesMs), ...looks]);
    await sleep(SETTLE_MS);
    const missing = followers.filter(({ lastVersion }, number) => lastVersion !== counts[number]).length;
    return {
      watchers,
      writes: latenciesMs.length - warmUpCount,
      seconds: durationMs / 1_000,
      told: followers.reduce((sum, { told }) => sum + told, 0),
      expected: counts.reduce((sum, count) => sum + count, 0),
      faults: missing + followers.reduce((sum, { faults }) => sum + faults, 0),
      warmUpMs: deliveryOf(latenciesMs.slice(0, warmUpCount)),
      deliveryMs: deliveryOf(latenciesMs.slice(warmUpCount)),
      residentMib: resident,
    };
  } finally {
    await cluster.close();
  }
}

async function follow(store: KeyValueStore, number: number, latenciesMs: number[]): Promise<Follower> {
  const follower: Follower = { lastVersion: 0, faults: 0, told: 0 };
  const watch = await store.watch({ filter: { kind: "prefix", prefix: prefixOf(number) } });
  void (async () => {
    for await (const { changes } of watch) {
      for (const change of changes) {
        if (change.kind !== "put") continue;
        const { value, version } = change.entry;
        if (version !== follower.lastVersion + 1) follower.faults += 1;
        follower.lastVersion = version;
        follower.told += 1;
        latenciesMs.push(performance.now() - Number(textDecoder.decode(value)));
      }
    }
  })().catch(() => {
    // When the cluster is closed nobody counts any more; before that it is a fault.
    follower.faults += 1;
  });
  return follower;
}

/** @returns how often each key was set */
async function write(
  stores: readonly KeyValueStore[],
  options: WatchersOptions,
  latenciesMs: readonly number[],
): Promise<readonly number[]> {
  const { watchers, writesPerSecond, warmUpMs, durationMs, onSecond } = options;
  const totalMs = warmUpMs + durationMs;
  let latenciesReported = 0;
  const counts = Array.from({ length: watchers }, () => 0);
  const pending = new Set<Promise<void>>();
  const startMs = performance.now();
  let sent = 0;
  let reported = 0;
  let failure: { readonly error: unknown } | undefined;
  while (failure === undefined && performance.now() - startMs < totalMs) {
    const elapsedMs = performance.now() - startMs;
    const due = Math.floor((elapsedMs * writesPerSecond) / 1_000);
    for (; sent < due; sent += 1) {
      const number = sent % watchers;
      counts[number] = (counts[number] ?? 0) + 1;
      const value = textEncoder.encode(String(performance.now()));
      const store = stores[sent % stores.length] as KeyValueStore;
      const call = store.write({ kind: "set", key: `${prefixOf(number)}k`, value }).then(
        () => void pending.delete(call),
        (error: unknown) => {
          failure ??= { error };
        },
      );
      pending.add(call);
    }
    const second = Math.floor(elapsedMs / 1_000);
    if (second > reported) {
      reported = second;
      onSecond(second, sent, deliveryOf(latenciesMs.slice(latenciesReported)).p99);
      latenciesReported = latenciesMs.length;
    }
    await sleep(TICK_MS);
  }
  await Promise.all(pending);
  if (failure !== undefined) throw new Error("the cluster does not keep up with the writes", { cause: failure.error });
  return counts;
}

function prefixOf(number: number): string {
  return `watched/${String(number).padStart(5, "0")}/`;
}

async function residentMib(cluster: ProcessCluster): Promise<readonly number[]> {
  const nodes = [...cluster.nodes.values()];
  return Promise.all(nodes.map(async (node) => Math.round((await node.residentBytes()) / MIB)));
}

function deliveryOf(latenciesMs: readonly number[]): Delivery {
  const sorted = Float64Array.from(latenciesMs).sort();
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) };
}
