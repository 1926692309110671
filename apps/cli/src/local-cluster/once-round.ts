/**
 * A round that shows what a cluster is for, on real data: it is written while the leader is killed, and read back from
 * every node.
 *
 * O1  Every write is acknowledged; the client is told of no error.
 * O2  The leader is killed with SIGKILL once half of the pairs are acknowledged, while more are on their way.
 * O3  The killed node is started again on its own data, and answers for all of it by linearizable reads.
 * O4  No process and no file of the round is left, whatever it came to.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AspenError, assert, type KeyValuePair, type NodeId } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { Host } from "../host.ts";
import { Importer } from "../importer.ts";
import { watchForInterruption } from "../interruption.ts";
import type { Line } from "../line-reader.ts";
import { ratePerSecond } from "../progress-line.ts";
import { formatRecord } from "../record-line.ts";
import { encodeText } from "../value-text.ts";
import { AckGap } from "./ack-gap.ts";
import { ClusterDirectory } from "./cluster-directory.ts";
import { LocalCluster, type FormedCluster } from "./local-cluster.ts";
import { readMimeTypes } from "./mime-types.ts";
import type { NodeProcess } from "./node-process.ts";
import type { NodeReadback, OnceResult } from "./once-report.ts";
import { countDifferences, readAll } from "./readback.ts";

/** Small batches: the data set is small, and the kill must come in the middle of it. */
const BATCH_PAIRS = 10;
const CONCURRENCY = 8;
const DEADLINE_MS = 30_000;
/** Rounds that run at the same time should not try the same ports. */
const PORT_BASE_MIN = 20_000;
const PORT_BASE_SPREAD = 10_000;

/** @throws Interruption when the user stops it, AspenError when the round cannot be finished */
export async function runOnceRound(host: Host, nodeCount: number, port: number | undefined): Promise<OnceResult> {
  const root = await mkdtemp(join(tmpdir(), "aspen-once-"));
  try {
    const portBase = port ?? PORT_BASE_MIN + Math.floor(Math.random() * PORT_BASE_SPREAD);
    const cluster = await LocalCluster.open({
      host,
      directory: new ClusterDirectory(root),
      nodeCount,
      portBase,
      onNodeChange: () => {},
    });
    const interruption = watchForInterruption(host, () => cluster.killNow());
    try {
      return await interruption.guard(new OnceRound(host, cluster).run());
    } finally {
      await cluster.stop();
      interruption.end();
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

class OnceRound {
  readonly #host: Host;
  readonly #cluster: LocalCluster;
  readonly #startedAtMs = performance.now();

  constructor(host: Host, cluster: LocalCluster) {
    this.#host = host;
    this.#cluster = cluster;
  }

  async run(): Promise<OnceResult> {
    const pairs = await readMimeTypes();
    this.#say(`starting ${this.#cluster.nodes.length} nodes`);
    const formed = await this.#cluster.start();
    this.#say(`cluster formed, node ${formed.leader} leads`);
    const client = await this.#connect(formed, undefined);
    try {
      const written = await this.#writeWithKill(client, pairs);
      const nodes: NodeReadback[] = [];
      for (const node of this.#cluster.nodes) nodes.push(await this.#readBack(formed, node, pairs, written.killedNode));
      return { ...written, nodes };
    } finally {
      await client.close();
    }
  }

  async #writeWithKill(client: AspenClient, pairs: readonly KeyValuePair[]): Promise<Omit<OnceResult, "nodes">> {
    const gap = new AckGap();
    let killing: Promise<NodeProcess> | undefined;
    const importer = new Importer({
      store: client.store,
      batchPairs: BATCH_PAIRS,
      concurrency: CONCURRENCY,
      signal: new AbortController().signal,
      onProgress: ({ pairsWritten }) => {
        gap.acknowledged(performance.now());
        if (killing !== undefined || pairsWritten * 2 < pairs.length) return;
        killing = this.#killLeader(client, gap, pairsWritten);
        // A failure is told below, after that of the writes.
        killing.catch(() => undefined);
      },
    });
    this.#say(`writing ${pairs.length} MIME types`);
    const startedAtMs = performance.now();
    const outcome = await importer.run(linesOf(pairs));
    const elapsedMs = performance.now() - startedAtMs;
    if (outcome.kind === "failed") throw outcome.error;
    assert(outcome.kind === "complete" && killing !== undefined, "all pairs were written, and the leader was killed");
    const killed = await killing;
    this.#say(`all written, nobody was told of an error; starting node ${killed.nodeId} again`);
    killed.release();
    await killed.running();
    return {
      keysWritten: outcome.pairsWritten,
      keysPerSecond: ratePerSecond(outcome.pairsWritten, elapsedMs),
      killedNode: killed.nodeId,
      failoverGapMs: gap.gapMs,
    };
  }

  async #killLeader(client: AspenClient, gap: AckGap, pairsWritten: number): Promise<NodeProcess> {
    const leader = await client.cluster.getLeader();
    const node = this.#cluster.nodes.find(({ nodeId }) => nodeId === leader?.nodeId);
    if (node === undefined) throw new AspenError("unavailable", "no leader is known that could be killed");
    gap.begin(performance.now());
    await node.kill();
    this.#say(`node ${node.nodeId}, the leader, killed with SIGKILL after ${pairsWritten} keys`);
    return node;
  }

  async #readBack(
    formed: FormedCluster,
    node: NodeProcess,
    pairs: readonly KeyValuePair[],
    killedNode: NodeId,
  ): Promise<NodeReadback> {
    const { nodeId } = node;
    const file = await node.running();
    const client = await this.#connect(formed, file.addresses[0]);
    try {
      const startedAtMs = performance.now();
      const found = await readAll(client.store);
      const readMs = performance.now() - startedAtMs;
      const { role } = await client.cluster.getMetrics();
      const differences = countDifferences(pairs, found);
      return { nodeId, role, wasKilled: nodeId === killedNode, keys: found.size, differences, readMs };
    } finally {
      await client.close();
    }
  }

  #connect({ ticket }: FormedCluster, endpoint: string | undefined): Promise<AspenClient> {
    return this.#host.connect({ ticket, endpoint, deadlineMs: DEADLINE_MS });
  }

  #say(text: string): void {
    const seconds = ((performance.now() - this.#startedAtMs) / 1_000).toFixed(1);
    void this.#host.terminal.errors.write(`${seconds.padStart(5)} s  ${text}\n`);
  }
}

/** The pairs as lines of a file would bring them. */
async function* linesOf(pairs: readonly KeyValuePair[]): AsyncGenerator<Line, void, void> {
  let endOffset = 0;
  for (const [position, pair] of pairs.entries()) {
    const bytes = encodeText(formatRecord(pair));
    endOffset += bytes.byteLength + 1;
    yield { kind: "line", number: position + 1, bytes, endOffset };
  }
}
