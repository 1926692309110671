import { AspenError } from "@aspenjs/api";
import { afterEach, expect, test } from "vitest";
import { within } from "../src/bounded-wait.ts";
import { ProcessCluster } from "../src/process-cluster.ts";

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const CALLERS = 64;
const ROUNDS = 3;
const WRITES_PER_ROUND = 1_000;
const ROUND_MS_MAX = 60_000;
/** A call that is under way when the nodes die holds the round up for so long. */
const CALL_MS = 2_000;
/** Logs lose their beginning all the while: what the state has to make up for is not in them any more. */
const COMPACT_EARLY = ["--compaction-entries", "200", "--retained-entries-min", "50"];

test("every node killed at once under load: every acknowledged write is on every node after the restart", async () => {
  cluster = await ProcessCluster.form(3, COMPACT_EARLY);
  const nodes = [...cluster.nodes.values()];
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const client = await cluster.connect({ deadlineMs: 60_000 });
    const target = (round + 1) * WRITES_PER_ROUND;
    const reached = Promise.withResolvers<void>();
    let isStopping = false;
    const caller = async (id: number): Promise<void> => {
      for (let count = 0; !isStopping; count += 1) {
        const key = `${round}/${id}/${count}`;
        const value = `${key}=${Math.random()}`;
        try {
          const command = { kind: "set", key, value: new TextEncoder().encode(value) } as const;
          await client.store.write(command, { deadlineMs: CALL_MS });
          acknowledged.set(key, value);
          if (acknowledged.size >= target) reached.resolve();
        } catch (error) {
          // Nobody was told that it is there: while a leader is still being elected, as well as when the nodes are dead.
          if (!(error instanceof AspenError)) throw error;
        }
      }
    };
    const callers = Array.from({ length: CALLERS }, (_, id) => caller(id));
    // At an acknowledgement: whatever it ran ahead of has no time left to become true.
    await within(ROUND_MS_MAX, `${target} writes are acknowledged`, reached.promise);
    await Promise.all(nodes.map((node) => node.kill()));
    isStopping = true;
    await Promise.all(callers);
    await cluster.disconnect(client);
    await Promise.all(nodes.map((node) => node.start()));
  }

  const replicas = [];
  for (const node of nodes) replicas.push(await cluster.entriesAt(node.nodeId));
  const [first = []] = replicas;
  const found = new Map(first.map(({ key, value }) => [key, new TextDecoder().decode(value)]));
  const lost = [...acknowledged].filter(([key, value]) => found.get(key) !== value);
  expect(lost).toEqual([]);
  for (const replica of replicas) expect(replica).toEqual(first);
  expect(acknowledged.size).toBeGreaterThanOrEqual(ROUNDS * WRITES_PER_ROUND);
}, 400_000);
