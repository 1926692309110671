import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export interface ProgramOptions {
  readonly workingDirectory: string;
  readonly timeoutMs: number;
  readonly variables?: Readonly<Record<string, string>>;
}

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** `aspen` as a process, as users run it. */
export class AspenProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<ProgramEnd>;
  #output = "";
  #errors = "";
  /** Ended, and everything that it said has been read. */
  #isClosed = false;
  readonly #listeners = new Set<() => void>();

  constructor(words: readonly string[], { workingDirectory, timeoutMs, variables = {} }: ProgramOptions) {
    const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("ASPEN_"));
    this.child = spawn(process.execPath, ["--conditions=@aspenjs/source", MAIN, ...words], {
      cwd: workingDirectory,
      env: { ...Object.fromEntries(environment), ...variables },
      stdio: ["pipe", "pipe", "pipe"],
      // A process group of its own, as a shell gives to what it runs in the foreground.
      detached: true,
    });
    const timer = setTimeout(() => this.child.kill("SIGKILL"), timeoutMs);
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#output += text;
      for (const listener of this.#listeners) listener();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", (exitCode) => {
        clearTimeout(timer);
        this.#isClosed = true;
        resolve({ exitCode, output: this.#output, errors: this.#errors });
        for (const listener of this.#listeners) listener();
      });
    });
  }

  /** As a terminal does it: the signal reaches everything in the process group. */
  signal(signal: NodeJS.Signals): void {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, signal);
  }

  /** Resolves when the output has such a place; rejects when the process ends before. */
  async saying(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) return match;
      if (this.#isClosed) {
        throw new Error(`ended without saying ${pattern}: ${this.#output}${this.#errors}`);
      }
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }
}

/** Without anything on its standard input. */
export function runAspen(words: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const program = new AspenProcess(words, options);
  program.child.stdin?.end();
  return program.ended;
}

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export function processGroupOf(pid: number): number {
  // The name of the program, in parentheses, may hold anything; the group is the third field behind it.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return Number(fields[2]);
}

/** Processes whose command line names the directory: Linux alone tells. */
export function processesNaming(directory: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => commandLineOf(pid).includes(directory)).map(Number);
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It has just ended.
    return "";
  }
}
