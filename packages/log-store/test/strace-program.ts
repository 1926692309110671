import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Why system calls cannot be watched here; `undefined` when they can. */
export function straceProblem(): string | undefined {
  const probe = spawnSync("strace", ["-f", "-e", "trace=write", "-o", "/dev/null", "true"], { encoding: "utf8" });
  if (probe.error !== undefined) return `strace cannot be started: ${probe.error.message}`;
  return probe.status === 0 ? undefined : `strace cannot trace: ${probe.stderr.trim()}`;
}

export interface TracedRun {
  /** What the program said, line by line. */
  readonly lines: readonly string[];
  readonly calls: readonly SystemCall[];
}

/** A system call that has returned, in the order of the returns. */
export interface SystemCall {
  readonly name: string;
  readonly text: string;
  readonly result: number;
}

/** Runs a program of this folder under strace. One thread in the pool: a fault can be aimed at the n-th call. */
export function traceProgram(
  program: string,
  args: readonly string[],
  options: { readonly directory: string; readonly strace: readonly string[] },
): TracedRun {
  const traceFile = join(options.directory, "trace.txt");
  const programFile = fileURLToPath(new URL(`./programs/${program}.ts`, import.meta.url));
  const command = ["-f", "-y", "-o", traceFile, ...options.strace, process.execPath, ...process.execArgv, programFile];
  const run = spawnSync("strace", [...command, ...args], {
    encoding: "utf8",
    env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
    timeout: 110_000,
  });
  if (run.status !== 0) throw new Error(`${program} ended with ${run.status ?? run.signal}: ${run.stderr}`);
  return { lines: run.stdout.trim().split("\n"), calls: parseTrace(readFileSync(traceFile, "utf8")) };
}

/** Joins the two halves of calls that another thread interrupted in the trace. */
function parseTrace(trace: string): readonly SystemCall[] {
  const unfinished = new Map<string, string>();
  const calls: SystemCall[] = [];
  for (const line of trace.split("\n")) {
    const [, thread = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text.endsWith("<unfinished ...>")) {
      unfinished.set(thread, text);
      continue;
    }
    const whole = text.startsWith("<...") ? `${unfinished.get(thread) ?? ""} ${text}` : text;
    const name = /^(\w+)\(/.exec(whole)?.[1];
    const result = /= (-?\d+)[^=]*$/.exec(whole)?.[1];
    if (name !== undefined && result !== undefined) calls.push({ name, text: whole, result: Number(result) });
  }
  return calls;
}
