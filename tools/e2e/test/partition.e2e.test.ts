import type { NodeId, Random, ReadConsistency } from "@aspenjs/api";
import { createSeededRandom } from "@aspenjs/transport/testing";
import { afterEach, describe, expect, test } from "vitest";
import { historyViolations } from "../src/history/history-check.ts";
import { RandomCaller } from "../src/history/random-caller.ts";
import { NetworkNamespaces, namespaceProblem } from "../src/network-namespaces.ts";
import { NodeProcess, ProcessCluster } from "../src/process-cluster.ts";

const NODE_IDS: readonly NodeId[] = [1, 2, 3];
const SEED = Number(process.env["ASPEN_SEED"] ?? 3);
const LOAD_MS = Number(process.env["ASPEN_HISTORY_MS"] ?? 15_000);
const CALLERS_PER_CLIENT = 4;
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
      // Clients of each node alone, which go on asking one that is cut off; and one that asks whoever leads.
      const endpoints = [...NODE_IDS.map((nodeId) => ({ endpoint: formed.node(nodeId).address })), {}];
      const clients = await Promise.all(
        endpoints.map((endpoint) => formed.connect({ ...endpoint, deadlineMs: 2_000 })),
      );
      const callers = clients.flatMap((client, which) =>
        Array.from({ length: CALLERS_PER_CLIENT }, (_unused, position) => {
          const number = which * CALLERS_PER_CLIENT + position;
          return new RandomCaller(client.store, String(number), createSeededRandom(SEED * 100 + number), reads);
        }),
      );
      let isStopping = false;
      const running = Promise.all(callers.map((caller) => caller.run(() => isStopping)));
      const administrator = await formed.connect({ deadlineMs: 30_000 });
      const random = createSeededRandom(SEED);
      const cuts: string[] = [];
      const endMs = performance.now() + LOAD_MS;
      while (performance.now() < endMs) {
        await pause(300 + random.below(500));
        const leader = await formed.leader(administrator);
        cuts.push(await cutOnce(namespaces, leader.nodeId, random));
      }
      isStopping = true;
      await running;
      const last = new RandomCaller((await formed.connect({ deadlineMs: 30_000 })).store, "last", random, [
        "linearizable",
      ]);
      await last.scan();

      const operations = [...callers.flatMap((caller) => caller.operations), ...last.operations];
      const answered = operations.filter((operation) => operation.endedMs !== Infinity);
      console.log(`partitions: ${answered.length} answers of ${operations.length} calls; ${cuts.join(", ")}`);
      expect(historyViolations(operations)).toEqual([]);
      expect(last.operations).toHaveLength(1);
      expect(answered.length).toBeGreaterThan(ANSWERED_MIN);
    },
  );
});
