import { Command, InvalidArgumentError } from "commander";
import { runBeside } from "./beside.ts";
import { measureFailover } from "./failover.ts";
import { measureFloor } from "./floor.ts";
import type { Point } from "./point.ts";
import {
  renderFailover,
  renderFloor,
  renderPoints,
  renderRatios,
  renderSqlBesideWriter,
  renderWatchers,
} from "./render.ts";
import { measureSqlBesideWriter } from "./sql-beside-writer.ts";
import { measureThroughput } from "./throughput.ts";
import { measureWatchers } from "./watchers.ts";

interface ThroughputFlags {
  readonly nodes: number;
  readonly modes: readonly Point["mode"][];
  readonly callers: readonly number[];
  readonly seconds: number;
  readonly beside?: string;
}

interface WatchersFlags {
  readonly warmUp: number;
  readonly watchers: number;
  readonly writes: number;
  readonly seconds: number;
  readonly clients: number;
}

const program = new Command("bench").description(
  "Measures a real cluster on this machine. Figures of one run compare; others do not.",
);

program
  .command("throughput", { isDefault: true })
  .description("put and get throughput and latency, beside the floor of the disk")
  .option("--nodes <n>", "processes in the cluster", wholeNumber, 3)
  .option("--modes <list>", "put, get or both", modes, ["put", "get"] as const)
  .option("--callers <list>", "concurrent callers", wholeNumbers, [1, 16, 64, 256, 1_000])
  .option("--seconds <n>", "each point, after a warm-up", wholeNumber, 5)
  .option("--beside <command>", "another benchmark that prints points as JSON lines, run right after")
  .action(async (flags: ThroughputFlags) => {
    console.log(renderFloor(await measureFloor()));
    const progress = (point: Point) =>
      console.error(`${point.system} ${point.mode} ${point.callers}: ${point.opsPerSecond}/s`);
    const { nodes, callers } = flags;
    const durationMs = flags.seconds * 1_000;
    const ours = await measureThroughput({
      nodes,
      modes: flags.modes,
      callers,
      warmupMs: 2_000,
      durationMs,
      onPoint: progress,
    });
    console.log(`\n${renderPoints(ours)}`);
    if (flags.beside === undefined) return;
    const theirs = await runBeside(flags.beside, progress);
    console.log(`\n${renderPoints(theirs)}\n\n${renderRatios(ours, theirs)}`);
  });

program
  .command("failover")
  .description("how long a closed-loop writer waits when the leader is killed, and when it is stopped")
  .option("--runs <n>", "of each kind", wholeNumber, 20)
  .action(async ({ runs }: { readonly runs: number }) => {
    for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
      const onRun = (run: number, gapMs: number) => console.error(`${signal} ${run}: ${Math.round(gapMs)} ms`);
      const report = await measureFailover({ signal, runs, onRun });
      console.log(renderFailover(signal, report));
      if (report.counter !== report.acknowledged || report.errors.length > 0) process.exitCode = 1;
    }
  });

program
  .command("watchers")
  .description("how late watchers on prefixes of their own hear of writes, and what nodes need for them")
  .option("--watchers <n>", "each with a prefix of its own", wholeNumber, 1_000)
  .option("--writes <n>", "each second", wholeNumber, 3_000)
  .option("--warm-up <n>", "seconds at the same pace before anything is measured", wholeNumber, 15)
  .option("--seconds <n>", "", wholeNumber, 60)
  .option("--clients <n>", "connections that share the watchers and the writes", wholeNumber, 4)
  .action(async ({ watchers, writes, warmUp, seconds, clients }: WatchersFlags) => {
    const report = await measureWatchers({
      watchers,
      writesPerSecond: writes,
      warmUpMs: warmUp * 1_000,
      durationMs: seconds * 1_000,
      clients,
      onSecond: (second, sent, deliveryMs) => {
        console.error(`${second} s: ${sent} writes, told within ${deliveryMs.toFixed(1)} ms (p99 of this second)`);
      },
    });
    console.log(renderWatchers(report));
    if (report.faults > 0 || report.told !== report.expected) process.exitCode = 1;
  });

program
  .command("sql")
  .description("what a loop of one query after the other costs a writer, phase by phase in one run")
  .option("--keys <n>", "that the query counts", wholeNumber, 20_000)
  .option("--callers <n>", "concurrent writers", wholeNumber, 16)
  .option("--rounds <n>", "of a phase without and a phase with queries", wholeNumber, 4)
  .option("--seconds <n>", "each phase", wholeNumber, 5)
  .action(async ({ seconds, ...flags }: { keys: number; callers: number; rounds: number; seconds: number }) => {
    console.log(renderSqlBesideWriter(await measureSqlBesideWriter({ ...flags, phaseMs: seconds * 1_000 })));
  });

await program.parseAsync();

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("a whole number from 1");
  return value;
}

function wholeNumbers(text: string): readonly number[] {
  return text.split(",").map(wholeNumber);
}

function modes(text: string): readonly Point["mode"][] {
  return text.split(",").map((mode) => {
    if (mode !== "put" && mode !== "get") throw new InvalidArgumentError("put or get");
    return mode;
  });
}
