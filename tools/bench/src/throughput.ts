import { ProcessCluster } from "@aspenjs/e2e/process-cluster";
import { preload, runLoad } from "./load.ts";
import type { Point } from "./point.ts";

export interface ThroughputOptions {
  readonly nodes: number;
  readonly modes: readonly Point["mode"][];
  readonly callers: readonly number[];
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly onPoint: (point: Point) => void;
}

/** A fresh cluster of real processes, one client process, every mode at every number of callers. */
export async function measureThroughput(options: ThroughputOptions): Promise<readonly Point[]> {
  const cluster = await ProcessCluster.form(options.nodes);
  try {
    const client = await cluster.connect({ deadlineMs: 30_000 });
    await preload(client.store);
    const points: Point[] = [];
    for (const mode of options.modes) {
      for (const callers of options.callers) {
        const { warmupMs, durationMs } = options;
        const nodes = [...cluster.nodes.values()];
        const point = await runLoad(client.store, nodes, { mode, callers, warmupMs, durationMs });
        points.push(point);
        options.onPoint(point);
      }
    }
    return points;
  } finally {
    await cluster.close();
  }
}
