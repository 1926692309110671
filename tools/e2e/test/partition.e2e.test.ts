import type { NodeId, Random, ReadConsistency } from "@aspenjs/api";
import { createSeededRandom } from "@aspenjs/transport/testing";
import { afterEach, describe, expect, test } from "vitest";
import { historyViolations } from "../src/history/history-check.ts";
import { recordHistory } from "../src/history/recorded-history.ts";
import { NetworkNamespaces, namespaceProblem } from "../src/network-namespaces.ts";
import { NodeProcess, ProcessCluster } from "../src/process-cluster.ts";

const NODE_IDS: readonly NodeId[] = [1, 2, 3];
const SEED = Number(process.env["ASPEN_SEED"] ?? 3);
const LOAD_MS = Number(process.env["ASPEN_HISTORY_MS"] ?? 15_000);
const ANSWERED_MIN = 300;

const problem = namespaceProblem();
if (problem !== undefined) console.log(`partitions skipped: ${problem}`);

let network: NetworkNamespaces | undefined;
let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
  network?.close();
  network = undefined;
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function form(flags: readonly string[]): Promise<readonly [ProcessCluster, NetworkNamespaces]> {
  const namespaces = new NetworkNamespaces(NODE_IDS);
  network = namespaces;
  const formed = await ProcessCluster.create();
  cluster = formed;
  const nodes = NODE_IDS.map((nodeId) => {
    return new NodeProcess({
      nodeId,
      dataDirectory: `${formed.directory}/${nodeId}`,
      secretFile: formed.secretFile,
      flags,
      listen: `/ip4/${namespaces.host(nodeId)}/tcp/7600`,
      wrapper: namespaces.wrapper(nodeId),
    });
  });
  for (const node of nodes) formed.nodes.set(node.nodeId, node);
  await Promise.all(nodes.map((node) => node.start()));
  const client = await formed.connect({ endpoint: formed.node(1).address, deadlineMs: 60_000 });
  await client.cluster.init(nodes.map((node) => node.record));
  await formed.disconnect(client);
  return [formed, namespaces];
}

/** Cuts something, mostly around the leader, waits, and mends it. */
async function cutOnce(namespaces: NetworkNamespaces, leader: NodeId, random: Random): Promise<string> {
  const others = NODE_IDS.filter((nodeId) => nodeId !== leader);
  const [first = 1, second = 1] = random.below(2) === 0 ? others : others.toReversed();
  const kind = random.below(5);
  if (kind <= 1) namespaces.isolate(leader);
  else if (kind === 2) namespaces.isolate(first);
  else if (kind === 3) namespaces.cutOneWay(first, leader);
  else {
    // The leader hears both and reaches one; the other two reach each other.
    namespaces.cutOneWay(leader, first);
    namespaces.cutOneWay(second, first);
  }
  await pause(500 + random.below(2_500));
  namespaces.heal();
  return ["leader alone", "leader alone", "follower alone", "leader deaf to one", "follower deaf"][kind] ?? "";
}

describe.skipIf(problem !== undefined)("partitions", () => {
  test.each<readonly [string, readonly ReadConsistency[], readonly string[]]>([
    ["reads by a round of heartbeats", ["linearizable"], []],
    ["reads by lease", ["lease", "linearizable"], ["--lease-drift-ms", "50"]],
  ])(
    "linearizable while packets vanish between nodes that clients still reach: %s",
    { timeout: 240_000 },
    async (_, reads, flags) => {
      const [formed, namespaces] = await form(["--log-level", "warn", ...flags]);
      console.log(`partitions: ASPEN_SEED=${SEED}`);
      const administrator = await formed.connect({ deadlineMs: 30_000 });
      const random = createSeededRandom(SEED);
      const history = await recordHistory({
        cluster: formed,
        // Clients of each node alone, which go on asking one that is cut off; and one that asks whoever leads.
        clients: [...NODE_IDS.map((nodeId) => ({ endpoint: formed.node(nodeId).address })), {}],
        consistencies: reads,
        seed: SEED,
        loadMs: LOAD_MS,
        disturb: async () => {
          await pause(300 + random.below(500));
          const leader = await formed.leader(administrator);
          return cutOnce(namespaces, leader.nodeId, random);
        },
      });
      const { operations, answeredCount, disturbances } = history;
      console.log(`partitions: ${answeredCount} answers of ${operations.length} calls; ${disturbances.join(", ")}`);
      expect(historyViolations(operations)).toEqual([]);
      expect(history.lastScans).toHaveLength(1);
      expect(answeredCount).toBeGreaterThan(ANSWERED_MIN);
    },
  );
});
