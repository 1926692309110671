import { setTimeout as sleep } from "node:timers/promises";
import type { KeyValueStore } from "@aspenjs/api";
import { ProcessCluster } from "@aspenjs/e2e/process-cluster";
import { quantile } from "./quantile.ts";

export interface WatchersOptions {
  readonly watchers: number;
  readonly writesPerSecond: number;
  readonly durationMs: number;
  readonly clients: number;
  readonly onSecond: (second: number, writes: number) => void;
}

export interface WatchersReport {
  readonly watchers: number;
  readonly writes: number;
  readonly seconds: number;
  /** Batches that came, and those that should have. */
  readonly told: number;
  readonly expected: number;
  /** Counts that a watcher missed, or heard twice. */
  readonly faults: number;
  readonly deliveryMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Of each node, at the start, in the middle, at the end. */
  readonly residentMib: readonly (readonly number[])[];
}

interface Follower {
  /** Of its own key: what it was told last. */
  lastCount: number;
  faults: number;
  told: number;
}

const SETTLE_MS = 5_000;
const TICK_MS = 10;
const MIB = 1_048_576;

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

/**
 * Watchers on prefixes of their own, and a writer that sets one key after the other at a given pace. A value holds how
 * often its key was set and when this was asked for, so that a watcher knows what it missed and how late it is.
 */
export async function measureWatchers(options: WatchersOptions): Promise<WatchersReport> {
  const { watchers, clients, durationMs } = options;
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
    const middle = sleep(durationMs / 2).then(async () => resident.push(await residentMib(cluster)));
    const [counts] = await Promise.all([write(stores, options), middle]);
    await sleep(SETTLE_MS);
    resident.push(await residentMib(cluster));
    const writes = counts.reduce((sum, count) => sum + count, 0);
    const missing = followers.filter(({ lastCount }, number) => lastCount !== counts[number]).length;
    const sorted = Float64Array.from(latenciesMs).sort();
    return {
      watchers,
      writes,
      seconds: durationMs / 1_000,
      told: followers.reduce((sum, { told }) => sum + told, 0),
      expected: writes,
      faults: missing + followers.reduce((sum, { faults }) => sum + faults, 0),
      deliveryMs: {
        p50: quantile(sorted, 0.5),
        p99: quantile(sorted, 0.99),
        max: quantile(sorted, 1),
      },
      residentMib: resident,
    };
  } finally {
    await cluster.close();
  }
}

async function follow(store: KeyValueStore, number: number, latenciesMs: number[]): Promise<Follower> {
  const follower: Follower = { lastCount: 0, faults: 0, told: 0 };
  const watch = await store.watch({ filter: { kind: "prefix", prefix: prefixOf(number) } });
  void (async () => {
    for await (const { changes } of watch) {
      for (const change of changes) {
        if (change.kind !== "put") continue;
        const [count, askedMs] = textDecoder.decode(change.entry.value).split(" ").map(Number);
        if (count !== follower.lastCount + 1) follower.faults += 1;
        follower.lastCount = count ?? Number.NaN;
        follower.told += 1;
        latenciesMs.push(performance.now() - (askedMs ?? Number.NaN));
      }
    }
  })().catch(() => {
    // When the cluster is closed nobody counts any more; before that it is a fault.
    follower.faults += 1;
  });
  return follower;
}

/** @returns how often each key was set */
async function write(stores: readonly KeyValueStore[], options: WatchersOptions): Promise<readonly number[]> {
  const { watchers, writesPerSecond, durationMs, onSecond } = options;
  const counts = Array.from({ length: watchers }, () => 0);
  const pending = new Set<Promise<void>>();
  const startMs = performance.now();
  let sent = 0;
  let reported = 0;
  let failure: { readonly error: unknown } | undefined;
  while (failure === undefined && performance.now() - startMs < durationMs) {
    const elapsedMs = performance.now() - startMs;
    const due = Math.floor((elapsedMs * writesPerSecond) / 1_000);
    for (; sent < due; sent += 1) {
      const number = sent % watchers;
      counts[number] = (counts[number] ?? 0) + 1;
      const value = textEncoder.encode(`${counts[number]} ${performance.now()}`);
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
      onSecond(second, sent);
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
