import { AspenError } from "@aspenjs/api";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../src/bounded-wait.ts";
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

test("every node killed at once under load: every acknowledged write is there after the restart", async () => {
  cluster = await ProcessCluster.form(3);
  const nodes = [...cluster.nodes.values()];
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const client = await cluster.connect({ deadlineMs: 60_000 });
    let isStopping = false;
    const caller = async (id: number): Promise<void> => {
      for (let count = 0; !isStopping; count += 1) {
        const key = `${round}/${id}/${count}`;
        const value = `${key}=${Math.random()}`;
        try {
          const command = { kind: "set", key, value: new TextEncoder().encode(value) } as const;
          await client.store.write(command, { deadlineMs: CALL_MS });
          acknowledged.set(key, value);
        } catch (error) {
          // Nobody was told that it is there: while a leader is still being elected, as well as when the nodes are dead.
          if (!(error instanceof AspenError)) throw error;
        }
      }
    };
    const callers = Array.from({ length: CALLERS }, (_, id) => caller(id));
    const target = (round + 1) * WRITES_PER_ROUND;
    await eventually(ROUND_MS_MAX, `${target} writes are acknowledged`, () => acknowledged.size >= target);
    await Promise.all(nodes.map((node) => node.kill()));
    isStopping = true;
    await Promise.all(callers);
    await cluster.disconnect(client);
    await Promise.all(nodes.map((node) => node.start()));
  }

  const client = await cluster.connect({ deadlineMs: 60_000 });
  const found = new Map<string, string>();
  let continuation: string | undefined;
  do {
    const page = await client.store.scan({
      range: { kind: "prefix", prefix: "" },
      limit: 5_000,
      ...(continuation === undefined ? {} : { continuation }),
    });
    for (const entry of page.entries) found.set(entry.key, new TextDecoder().decode(entry.value));
    continuation = page.continuation;
  } while (continuation !== undefined);
  const lost = [...acknowledged].filter(([key, value]) => found.get(key) !== value);
  expect(lost).toEqual([]);
  expect(acknowledged.size).toBeGreaterThanOrEqual(ROUNDS * WRITES_PER_ROUND);
}, 400_000);
