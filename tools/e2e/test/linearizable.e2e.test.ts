import type { NodeId, Random, ReadConsistency } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import { createSeededRandom } from "@aspenjs/transport/testing";
import { afterEach, expect, test } from "vitest";
import { historyViolations } from "../src/history/history-check.ts";
import { recordHistory } from "../src/history/recorded-history.ts";
import { ProcessCluster, type NodeProcess } from "../src/process-cluster.ts";

const SEED = Number(process.env["ASPEN_SEED"] ?? 1);
const LOAD_MS = Number(process.env["ASPEN_HISTORY_MS"] ?? 12_000);
const CLIENTS = 4;
const ANSWERED_MIN = 500;

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One trouble after the other, each on whatever node comes; none of them costs more than one voter at a time. */
async function trouble(of: ProcessCluster, client: AspenClient, random: Random): Promise<string> {
  const nodes = [...of.nodes.values()];
  const leader = await of.leader(client, 30_000);
  const isLeader = random.below(2) === 0;
  const node = isLeader ? leader : (nodes[random.below(nodes.length)] as NodeProcess);
  switch (random.below(4)) {
    case 0:
      await node.kill();
      await pause(random.below(1_500));
      await node.start();
      return `killed ${node.nodeId}`;
    case 1:
      node.signal("SIGSTOP");
      await pause(random.below(2_500));
      node.signal("SIGCONT");
      return `stopped ${node.nodeId}`;
    case 2: {
      const target: NodeId = nodes[random.below(nodes.length)]?.nodeId ?? 1;
      await client.cluster.transferLeadership(target).catch(() => {});
      return `led by ${target}`;
    }
    default:
      await Promise.all(nodes.map((each) => each.kill()));
      await Promise.all(nodes.map((each) => each.start()));
      return "all killed";
  }
}

test.each<readonly [string, readonly ReadConsistency[], readonly string[]]>([
  ["reads by a round of heartbeats", ["linearizable"], []],
  ["reads by lease", ["lease", "linearizable"], ["--lease-drift-ms", "50"]],
])("linearizable while nodes are killed, stopped and changed: %s", { timeout: 240_000 }, async (_, reads, flags) => {
  console.log(`history: ASPEN_SEED=${SEED}`);
  const formed = await ProcessCluster.form(3, ["--log-level", "warn", "--compaction-entries", "500", ...flags]);
  cluster = formed;
  const administrator = await formed.connect();
  const random = createSeededRandom(SEED);
  const history = await recordHistory({
    cluster: formed,
    clients: Array.from({ length: CLIENTS }, () => ({})),
    consistencies: reads,
    seed: SEED,
    loadMs: LOAD_MS,
    disturb: async () => {
      await pause(random.below(700));
      return trouble(formed, administrator, random);
    },
  });
  const { operations, answeredCount, disturbances } = history;
  console.log(`history: ${answeredCount} answers of ${operations.length} calls; ${disturbances.join(", ")}`);
  expect(historyViolations(operations)).toEqual([]);
  expect(history.lastScans).toHaveLength(1);
  expect(answeredCount).toBeGreaterThan(ANSWERED_MIN);
});
