/**
 * Thousands of writes while nodes crash and restart, leaders change, connections break before and after a write took
 * effect, sessions are forgotten, copies arrive twice and nodes refuse for no reason. One seed decides everything.
 */
import { AspenError, type SetResult } from "@aspenjs/api";
import { expect, test } from "vitest";
import type { AspenClient } from "../src/index.ts";
import { ScriptedCluster, type Fault } from "./scripted-cluster.ts";

const WORKERS = 100;
const NODES = 3;
/** Generous: the machine may be busy with other suites. */
const TIMEOUT = { timeout: 90_000 };

interface Told {
  readonly key: string;
  readonly outcome: SetResult | AspenError;
}

/** What really happened, so that a run without faults cannot pass for one with them. */
interface Counts {
  readonly faults: Record<string, number>;
  crashes: number;
  leaderChanges: number;
  resets: number;
  sessionsForgotten: number;
}

class Chaos {
  readonly counts: Counts = { faults: {}, crashes: 0, leaderChanges: 0, resets: 0, sessionsForgotten: 0 };
  readonly #cluster: ScriptedCluster;
  readonly #forgetsSessions: boolean;
  #isOver = false;

  constructor(cluster: ScriptedCluster, forgetsSessions: boolean) {
    this.#cluster = cluster;
    this.#forgetsSessions = forgetsSessions;
    cluster.faultOf = (request) => this.#faultOf(request.kind);
  }

  /** One event after another until told to stop. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      await this.#pause(5 + this.#cluster.random.below(60));
      await this.#event();
    }
  }

  stop(): void {
    this.#isOver = true;
    this.#cluster.faultOf = () => undefined;
    this.#cluster.leader ??= 1;
  }

  async #event(): Promise<void> {
    const { random, log, network } = this.#cluster;
    const nodeId = 1 + random.below(NODES);
    switch (random.below(5)) {
      case 0:
        this.counts.crashes += 1;
        await this.#cluster.crash(nodeId);
        await this.#pause(random.below(300));
        await this.#cluster.startNode(nodeId);
        return;
      case 1:
        this.counts.leaderChanges += 1;
        this.#cluster.leader = undefined;
        await this.#pause(random.below(100));
        this.#cluster.leader = nodeId;
        return;
      case 2:
        this.counts.resets += 1;
        network.resetConnections("client");
        return;
      case 3:
        if (!this.#forgetsSessions) return;
        this.counts.sessionsForgotten += log.sessions.size;
        log.sessions.clear();
        return;
      default:
        this.#cluster.leader = nodeId;
    }
  }

  #faultOf(kind: string): Fault | undefined {
    const { random } = this.#cluster;
    if (kind === "hello" || !random.oneIn(4)) return undefined;
    const [name, fault] = this.#drawn(random.below(7));
    this.counts.faults[name] = (this.counts.faults[name] ?? 0) + 1;
    return fault;
  }

  #drawn(number: number): readonly [string, Fault] {
    const { random } = this.#cluster;
    switch (number) {
      case 0:
        return ["unavailable", { refuse: new AspenError("unavailable", "no quorum") }];
      case 1:
        return ["exhausted", { refuse: new AspenError("resource_exhausted", "busy") }];
      case 2:
        return [
          "not leader",
          { refuse: new AspenError("not_leader", "", { details: { leader: 1 + random.below(4) } }) },
        ];
      case 3:
        return ["answer lost", { loseAnswer: true }];
      case 4:
        return ["repeated", { repeat: true }];
      case 5:
        return ["slow", { delayMs: random.below(200) }];
      default:
        return random.oneIn(20) ? ["silent", { stayingSilent: true }] : ["repeated", { repeat: true }];
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#cluster.clock.setTimer(delayMs, resolve));
  }
}

async function writeAll(client: AspenClient, count: number, deadlineMs: number): Promise<Told[]> {
  const told: Told[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const key = `key-${(next += 1)}`;
      const value = Buffer.from(key);
      const outcome = await client.store.write({ kind: "set", key, value }, { deadlineMs }).catch(aspenErrorOf);
      told.push({ key, outcome });
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return told;
}

function aspenErrorOf(error: unknown): AspenError {
  if (error instanceof AspenError) return error;
  throw error;
}

async function runWithFaults(seed: number, writes: number, deadlineMs: number, forgetsSessions: boolean) {
  const cluster = await new ScriptedCluster(seed).start(NODES);
  cluster.network.setDelay({ kind: "uniform", minMs: 0, maxMs: 3 });
  const client = await cluster.connect();
  const chaos = new Chaos(cluster, forgetsSessions);
  const events = chaos.run();
  const told = await cluster.clock.run(writeAll(client, writes, deadlineMs));
  chaos.stop();
  await cluster.clock.run(events);
  await cluster.clock.run(client.close());
  return { cluster, told, counts: chaos.counts };
}

function expectEveryKindOfFault(counts: Counts): void {
  for (const name of ["unavailable", "exhausted", "not leader", "answer lost", "repeated", "slow", "silent"]) {
    expect(counts.faults[name] ?? 0, name).toBeGreaterThan(3);
  }
  expect(counts.crashes).toBeGreaterThan(3);
  expect(counts.leaderChanges).toBeGreaterThan(3);
  expect(counts.resets).toBeGreaterThan(3);
}

test.each([
  [1, 10_000],
  [2, 2_000],
  [3, 2_000],
])("seed %i: %i writes take effect exactly once, as their callers are told", TIMEOUT, async (seed, writes) => {
  const { cluster, told, counts } = await runWithFaults(seed, writes, 600_000, false);
  expectEveryKindOfFault(counts);
  expect(told).toHaveLength(writes);
  for (const { key, outcome } of told) {
    expect(outcome, key).toEqual({ kind: "set", revision: cluster.log.entries.get(key)?.modRevision });
    expect(cluster.log.setCounts.get(key), key).toBe(1);
  }
  expect(cluster.log.sessionsOpened).toBeLessThanOrEqual(30);
});

test.each([4, 5])(
  "seed %i: with short deadlines and lost sessions, nobody is told what is not so",
  TIMEOUT,
  async (seed) => {
    const { cluster, told, counts } = await runWithFaults(seed, 5_000, 120, true);
    expectEveryKindOfFault(counts);
    expect(counts.sessionsForgotten).toBeGreaterThan(3);
    const seen = { written: 0, unknown: 0, none: 0 };
    for (const { key, outcome } of told) {
      const count = cluster.log.setCounts.get(key) ?? 0;
      if (!(outcome instanceof AspenError)) {
        seen.written += 1;
        expect(count, key).toBe(1);
        expect(outcome.revision, key).toBe(cluster.log.entries.get(key)?.modRevision);
      } else if (outcome.details["outcome"] === "unknown") {
        seen.unknown += 1;
        expect(count, key).toBeLessThanOrEqual(1);
      } else {
        seen.none += 1;
        expect(["timeout", "unavailable"], key).toContain(outcome.code);
        expect(count, key).toBe(0);
      }
    }
    expect(seen.written).toBeGreaterThan(100);
    expect(seen.unknown).toBeGreaterThan(10);
    expect(seen.none).toBeGreaterThan(10);
  },
);

test("one seed has one history", TIMEOUT, async () => {
  const histories = await Promise.all(
    [7, 7].map(async (seed) => {
      const { cluster, told } = await runWithFaults(seed, 500, 5_000, true);
      return JSON.stringify([cluster.clock.nowMs(), cluster.seen.length, [...cluster.log.setCounts], told]);
    }),
  );
  expect(histories[0]).toBe(histories[1]);
});
