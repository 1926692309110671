import { CountingWriter, readCounter } from "@aspenjs/e2e/counting-writer";
import { ProcessCluster, type NodeProcess } from "@aspenjs/e2e/process-cluster";

export interface FailoverOptions {
  readonly signal: "SIGKILL" | "SIGSTOP";
  readonly runs: number;
  readonly onRun: (run: number, gapMs: number) => void;
}

export interface FailoverReport {
  readonly gapsMs: readonly number[];
  readonly acknowledged: number;
  readonly counter: number;
  readonly errors: readonly string[];
}

const SETTLE_ACKS = 100;

/** One closed-loop writer; the leader is lost again and again; the longest silence after each loss is its gap. */
export async function measureFailover(options: FailoverOptions): Promise<FailoverReport> {
  const cluster = await ProcessCluster.form(3);
  try {
    const client = await cluster.connect({ deadlineMs: 30_000 });
    const watcher = await cluster.connect({ deadlineMs: 30_000 });
    const writer = new CountingWriter(client.store, "counter");
    await writer.start();
    const gapsMs: number[] = [];
    for (let run = 0; run < options.runs; run += 1) {
      await writer.advancedBy(SETTLE_ACKS);
      const leader = await cluster.leader(watcher);
      writer.takeLongestGapMs();
      leader.signal(options.signal);
      await writer.advancedBy(SETTLE_ACKS);
      const gapMs = writer.takeLongestGapMs();
      gapsMs.push(gapMs);
      options.onRun(run + 1, gapMs);
      await bringBack(leader, options.signal);
    }
    const report = await writer.stop();
    return {
      gapsMs,
      acknowledged: report.acknowledged,
      counter: await readCounter(client.store, "counter"),
      errors: report.errors.map((error) => `${error.code}: ${error.message}`),
    };
  } finally {
    await cluster.close();
  }
}

async function bringBack(node: NodeProcess, signal: FailoverOptions["signal"]): Promise<void> {
  if (signal === "SIGSTOP") {
    node.signal("SIGCONT");
    return;
  }
  await node.kill();
  await node.start();
}
