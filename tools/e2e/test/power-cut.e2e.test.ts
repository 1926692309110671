/**
 * The power of all three nodes goes at once. Their disks are written down call by call, so that what a disk may hold
 * after any instant can be laid out again: what was synced, and of the rest whatever chance spares.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AspenError, type NodeId, type Random } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import { openSqliteStateMachine } from "@aspenjs/state-machine/sqlite";
import { createSeededRandom } from "@aspenjs/transport/testing";
import { afterEach, describe, expect, test } from "vitest";
import { logLines } from "../src/node-log.ts";
import { DiskModel, writeImage } from "../src/power-cut/disk-model.ts";
import { readDiskTrace, straceArguments } from "../src/power-cut/disk-trace.ts";
import { traceEnd } from "../src/power-cut/trace-end.ts";
import { readCounters, TimedCounters } from "../src/power-cut/timed-counters.ts";
import { TracedLife } from "../src/power-cut/traced-life.ts";
import { NodeProcess, ProcessCluster } from "../src/process-cluster.ts";

const NODE_IDS: readonly NodeId[] = [1, 2, 3];
const SEED = Number(process.env["ASPEN_SEED"] ?? 1);
const LIVES = Number(process.env["ASPEN_POWER_LIVES"] ?? 2);
const CUTS_PER_LIFE = Number(process.env["ASPEN_POWER_CUTS"] ?? 4);
const COUNTERS = Array.from({ length: 8 }, (_, position) => `counter/${position}`);
const FIRST_START_CUTS = Number(process.env["ASPEN_POWER_CUTS"] ?? 4) * 4;
const KILLS = 20;
const WRITING_MS = 50;
const RENAME_MICROS = 20_000;
const LOAD_MS = 2_000;
const RECOVERY_MS_MAX = 30_000;
/** Small logs: compactions and checkpoints happen all the time. */
const FLAGS = ["--compaction-entries", "60", "--retained-entries-min", "10"];
/** Memory that is shared through a file and means nothing after a restart, and what is written for the harness. */
const NOT_MODELLED = /(-shm|-lock|^node\.json)$/;

function straceProblem(): string | undefined {
  const probe = spawnSync("strace", ["-D", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"], { encoding: "utf8" });
  if (probe.error !== undefined) return `strace cannot be started: ${probe.error.message}`;
  return probe.status === 0 ? undefined : `strace cannot trace: ${probe.stderr.trim()}`;
}

const problem = straceProblem();
if (problem !== undefined) console.log(`power cuts skipped: ${problem}`);

let cluster: ProcessCluster | undefined;

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

interface Life {
  readonly disks: ReadonlyMap<NodeId, DiskModel>;
  readonly counters: TimedCounters;
  readonly formedMicros: number;
  readonly startedMicros: number;
  readonly endedMicros: number;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Disks {
  readonly directories: ReadonlyMap<NodeId, string>;
  readonly isFormed: boolean;
}

function directoriesIn(root: string): ReadonlyMap<NodeId, string> {
  return new Map(NODE_IDS.map((nodeId) => [nodeId, join(root, String(nodeId))]));
}

function optionsOf(of: ProcessCluster, nodeId: NodeId, dataDirectory: string): NodeProcess["options"] {
  const listen = of.nodes.get(nodeId)?.listen;
  const given = listen === undefined ? {} : { listen };
  return { nodeId, dataDirectory, secretFile: of.secretFile, flags: FLAGS, ...given };
}

/** Founds the cluster if that was not acknowledged before, and counts for a while; later, one node comes late. */
async function live(of: ProcessCluster, disks: Disks, traces: string): Promise<Life> {
  const startedMicros = Date.now() * 1_000;
  const lives = await Promise.all(
    [...disks.directories].map(async ([nodeId, directory]) => {
      await mkdir(directory, { recursive: true });
      return TracedLife.prepare(optionsOf(of, nodeId, directory), join(traces, `${nodeId}.trace`));
    }),
  );
  const start = async (life: TracedLife): Promise<void> => {
    of.nodes.set(life.nodeId, life.node);
    await life.start();
  };
  const punctual = disks.isFormed ? lives.slice(0, -1) : lives;
  await Promise.all(punctual.map(start));
  const client = await of.connect({ deadlineMs: RECOVERY_MS_MAX });
  if (!disks.isFormed) {
    await initAgain(
      client,
      lives.map(({ node }) => node),
    );
  }
  const formedMicros = (Date.now() + 1) * 1_000;
  const counters = new TimedCounters(client.store, COUNTERS, await readCounters(client.store));
  counters.start();
  await pause(LOAD_MS / 2);
  // Behind the others' logs by then: it has to install a snapshot.
  await Promise.all(lives.filter((life) => !punctual.includes(life)).map(start));
  await pause(LOAD_MS);
  const endedMicros = Date.now() * 1_000;
  await counters.stop();
  await of.disconnect(client);
  const [, , late] = lives;
  if (disks.isFormed && late !== undefined) {
    expect(logLines(late.node).map(({ msg }) => msg)).toContain("installed snapshot");
  }
  const ended = await Promise.all(lives.map(async (life) => [life.nodeId, await life.end()] as const));
  return { disks: new Map(ended), counters, formedMicros, startedMicros, endedMicros };
}

/** Starts the nodes on what the power left, checks what they know, and stops them. */
async function recover(of: ProcessCluster, disks: Disks, counted: ReadonlyMap<string, number>): Promise<void> {
  const nodes = [...disks.directories].map(([id, directory]) => new NodeProcess(optionsOf(of, id, directory)));
  for (const node of nodes) of.nodes.set(node.nodeId, node);
  await Promise.all(nodes.map((node) => node.start()));
  const client = await of.connect({ deadlineMs: RECOVERY_MS_MAX });
  if (!disks.isFormed) await initAgain(client, nodes);
  const found = await readCounters(client.store);
  for (const [key, count] of counted) {
    const value = found.get(key) ?? 0;
    expect([count, count + 1], `${key}: acknowledged ${count}, found ${value}`).toContain(value);
  }
  await client.store.write({ kind: "set", key: "after", value: new Uint8Array(1) });
  await client.store.write({ kind: "delete", key: "after" });
  await of.disconnect(client);
  await appliedAlike(of, nodes);
  // A node that stops in peace may hand its leadership over, and the others go on without it.
  await Promise.all(nodes.map((node) => node.kill()));
  expect(new Set(await Promise.all([...disks.directories.values()].map(checksumOf))).size).toBe(1);
}

/** The power may have gone after the founding had been agreed, and before anybody heard of it. */
async function initAgain(client: AspenClient, nodes: readonly NodeProcess[]): Promise<void> {
  try {
    await client.cluster.init(nodes.map((node) => node.record));
  } catch (error) {
    if (!AspenError.isCode(error, "already_initialized")) throw error;
  }
}

async function appliedAlike(of: ProcessCluster, nodes: readonly NodeProcess[]): Promise<void> {
  const clients = await Promise.all(nodes.map((node) => of.connect({ endpoint: node.address })));
  await expect
    .poll(async () => new Set(await Promise.all(clients.map(appliedIndexOf))).size, { timeout: RECOVERY_MS_MAX })
    .toBe(1);
  await Promise.all(clients.map((client) => of.disconnect(client)));
}

async function appliedIndexOf(client: AspenClient): Promise<number> {
  return (await client.cluster.getMetrics()).appliedIndex;
}

async function checksumOf(directory: string): Promise<string> {
  const outcome = await openSqliteStateMachine({ directory: join(directory, "state") });
  if (outcome.kind === "fault") throw new Error(outcome.fault.message);
  const checksum = await outcome.machine.checksum();
  await outcome.machine.close();
  return checksum;
}

/** Half of them anywhere, half of them within milliseconds after a file got another name. */
function cutInstants({ disks, startedMicros, endedMicros }: Life, random: Random): readonly number[] {
  const renames = [...disks.values()].flatMap((disk) => disk.renameMicros);
  const instants = Array.from({ length: CUTS_PER_LIFE }, (_, cut) => {
    const share = (cut + random.below(1_000) / 1_000) / CUTS_PER_LIFE;
    const anywhere = Math.round(startedMicros + share * (endedMicros - startedMicros));
    if (cut % 2 === 0 || renames.length === 0) return anywhere;
    return (renames[random.below(renames.length)] ?? anywhere) + random.below(RENAME_MICROS);
  });
  return instants.map((instant) => Math.min(instant, endedMicros)).toSorted((left, right) => left - right);
}

/** Everything kept must be what is really there: or the disks were not followed, and the cuts mean nothing. */
async function expectFollowed(life: Life, disks: Disks): Promise<void> {
  for (const [nodeId, directory] of disks.directories) {
    const model = life.disks.get(nodeId);
    model?.playUntil(Number.MAX_SAFE_INTEGER);
    const real = (await DiskModel.of(directory)).live();
    expect(model?.differencesFrom(real, (name) => !NOT_MODELLED.test(name))).toEqual([]);
  }
}

/** Two writers at once in one file, which are never done. */
const WRITER = `
  const { openSync, write, fdatasync } = require("node:fs");
  const file = openSync(process.argv[1] + "/file", "w+");
  let count = 0;
  const go = (lane) => {
    count += 1;
    const page = Buffer.alloc(4096, count & 255);
    write(file, page, 0, page.length, 4096 * ((count % 8) + 8 * lane), () => {
      if (count % 7 === 0) fdatasync(file, () => go(lane));
      else go(lane);
    });
  };
  go(0);
  go(1);
  console.log("writing");
`;

async function killedInTheMiddle(directory: string, trace: string): Promise<void> {
  const program = [process.execPath, "-e", WRITER, directory];
  const child = spawn("strace", [...straceArguments(trace), ...program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  await pause(WRITING_MS);
  child.kill("SIGKILL");
  await once(child, "exit");
  await traceEnd(trace, child.pid ?? 0);
}

describe.skipIf(problem !== undefined)("power cuts", () => {
  test("of all nodes at once, at any instant: every acknowledged write is there, and the replicas are equal", async () => {
    cluster = await ProcessCluster.create();
    const random = createSeededRandom(SEED);
    let disks: Disks = { directories: directoriesIn(join(cluster.directory, "first")), isFormed: false };
    for (let turn = 1; turn <= LIVES; turn += 1) {
      const life = await live(cluster, disks, cluster.directory);
      let left = disks;
      for (const [cut, atMicros] of cutInstants(life, random).entries()) {
        const keptPerMille = [0, 500, 950, 1_000][random.below(4)] ?? 0;
        const root = join(cluster.directory, `${turn}-${cut}`);
        left = { directories: directoriesIn(root), isFormed: disks.isFormed || atMicros >= life.formedMicros };
        for (const [nodeId, disk] of life.disks) {
          disk.playUntil(atMicros);
          await writeImage(disk.afterCut({ random, keptPerMille }), join(root, String(nodeId)));
        }
        const counted = life.counters.countedAt(atMicros);
        const total = [...counted.values()].reduce((sum, count) => sum + count, 0);
        console.log(
          `power cut: ASPEN_SEED=${SEED} life ${turn} cut ${cut} after ${(atMicros - life.startedMicros) / 1_000_000} s, ` +
            `${total} acknowledged, ${keptPerMille / 10} % of the rest kept`,
        );
        await recover(cluster, left, counted);
      }
      await expectFollowed(life, disks);
      disks = left;
    }
  }, 600_000);

  test("D4: what a process leaves that was killed in the middle of its writes is what its calls allow", async () => {
    cluster = await ProcessCluster.create();
    for (let round = 0; round < KILLS; round += 1) {
      const [directory, trace] = [
        join(cluster.directory, `killed-${round}`),
        join(cluster.directory, `${round}.trace`),
      ];
      await mkdir(directory);
      const disk = await DiskModel.of(directory);
      await killedInTheMiddle(directory, trace);
      disk.load(await readDiskTrace(trace, directory));
      disk.playUntil(Number.MAX_SAFE_INTEGER);
      const found = (await DiskModel.of(directory)).live();
      expect(found.size).toBe(1);
      expect(disk.differencesFrom(found, () => true)).toEqual([]);
    }
  }, 120_000);

  test("of a node at any step of its first start: it starts, as if for the first time", async () => {
    cluster = await ProcessCluster.create();
    const random = createSeededRandom(SEED);
    const directory = join(cluster.directory, "first");
    await mkdir(directory);
    const life = await TracedLife.prepare(optionsOf(cluster, 1, directory), join(cluster.directory, "first.trace"));
    cluster.nodes.set(1, life.node);
    await life.start();
    const disk = await life.end();
    const steps = disk.stepMicros;
    for (let cut = 0; cut < FIRST_START_CUTS; cut += 1) {
      const step = Math.floor(((cut + random.below(1_000) / 1_000) * steps.length) / FIRST_START_CUTS);
      disk.playUntil(steps[step] ?? 0);
      const root = join(cluster.directory, `first-${cut}`);
      await writeImage(disk.afterCut({ random, keptPerMille: cut % 2 === 0 ? 900 : 500 }), root);
      const node = new NodeProcess(optionsOf(cluster, 1, root));
      cluster.nodes.set(1, node);
      await node.start();
      await node.kill();
    }
  }, 300_000);
});
