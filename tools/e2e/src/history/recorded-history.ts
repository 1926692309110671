import type { ReadConsistency } from "@aspenjs/api";
import { createSeededRandom } from "@aspenjs/transport/testing";
import type { ClientOptions, ProcessCluster } from "../process-cluster.ts";
import type { Operation } from "./operation.ts";
import { RandomCaller } from "./random-caller.ts";

const CALLERS_PER_CLIENT = 4;
const CALL_MS = 2_000;
const LAST_SCAN_MS = 30_000;
/** Of the generators of callers: those of one seed do not meet those of the next. */
const SEED_STRIDE = 100;

export interface HistoryOptions {
  readonly cluster: ProcessCluster;
  /** One client each, with callers of its own. */
  readonly clients: readonly ClientOptions[];
  readonly consistencies: readonly ReadConsistency[];
  readonly seed: number;
  readonly loadMs: number;
  /** Again and again while the callers call. Says what it did. */
  readonly disturb: () => Promise<string>;
}

export interface RecordedHistory {
  readonly operations: readonly Operation[];
  readonly answeredCount: number;
  readonly disturbances: readonly string[];
  /** Everything, read after the last disturbance: at most one. */
  readonly lastScans: readonly Operation[];
}

/** Many callers on few keys while something goes wrong all the time, and what they were answered. */
export async function recordHistory(options: HistoryOptions): Promise<RecordedHistory> {
  const { cluster, consistencies, seed, loadMs, disturb } = options;
  const clients = await Promise.all(options.clients.map((each) => cluster.connect({ deadlineMs: CALL_MS, ...each })));
  const callers = clients.flatMap((client, which) =>
    Array.from({ length: CALLERS_PER_CLIENT }, (_, position) => {
      const number = which * CALLERS_PER_CLIENT + position;
      const random = createSeededRandom(seed * SEED_STRIDE + number);
      return new RandomCaller({
        store: client.store,
        name: String(number),
        random,
        consistencies,
        isReader: position % 2 === 1,
      });
    }),
  );
  let isStopping = false;
  const running = Promise.all(callers.map((caller) => caller.run(() => isStopping)));
  const disturbances: string[] = [];
  const endMs = performance.now() + loadMs;
  while (performance.now() < endMs) disturbances.push(await disturb());
  isStopping = true;
  await running;
  const observer = await cluster.connect({ deadlineMs: LAST_SCAN_MS });
  const last = new RandomCaller({
    store: observer.store,
    name: "last",
    random: createSeededRandom(seed),
    consistencies: ["linearizable"],
    isReader: true,
  });
  await last.scan();
  const operations = [...callers, last].flatMap((caller) => caller.operations);
  const answeredCount = operations.filter(({ endedMs }) => endedMs !== Infinity).length;
  return { operations, answeredCount, disturbances, lastScans: last.operations };
}
