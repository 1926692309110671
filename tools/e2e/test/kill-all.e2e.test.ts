import { afterEach, expect, test } from "vitest";
import { ProcessCluster } from "../src/process-cluster.ts";

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

const CALLERS = 64;
const ROUNDS = 3;

test("every node killed at once under load: every acknowledged write is there after the restart", async () => {
  cluster = await ProcessCluster.form(3);
  const nodes = [...cluster.nodes.values()];
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const client = await cluster.connect({ deadlineMs: 2_000 });
    let isStopping = false;
    const caller = async (id: number): Promise<void> => {
      for (let count = 0; !isStopping; count += 1) {
        const key = `${round}/${id}/${count}`;
        const value = `${key}=${Math.random()}`;
        try {
          await client.store.write({ kind: "set", key, value: new TextEncoder().encode(value) });
          acknowledged.set(key, value);
        } catch {
          return;
        }
      }
    };
    const callers = Array.from({ length: CALLERS }, (_, id) => caller(id));
    const target = (round + 1) * 1_000;
    while (acknowledged.size < target) await new Promise((resolve) => setTimeout(resolve, 10));
    await Promise.all(nodes.map((node) => node.kill()));
    isStopping = true;
    await Promise.all(callers);
    await cluster.disconnect(client);
    await Promise.all(nodes.map((node) => node.start()));
  }

  const client = await cluster.connect({ deadlineMs: 20_000 });
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
  expect(acknowledged.size).toBeGreaterThanOrEqual(ROUNDS * 1_000);
}, 180_000);
