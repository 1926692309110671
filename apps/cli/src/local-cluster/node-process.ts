/**
 * One `aspen-node` as a child process, kept running.
 *
 * N1  There is at most one process at a time, and it is in a process group of its own: Ctrl-C in the terminal reaches
 *     the parent alone, which stops its nodes in order.
 * N2  The node holds the other end of a pipe and stops by itself when the parent is gone, however it went.
 * N3  A process that ends without having been told to is started again, after a growing delay.
 * N4  After `stop` there is no process, and none is started.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { AspenError, type NodeId } from "@aspenjs/api";
import { limits } from "../limits.ts";
import { parseNodeFile, type NodeFile } from "../member-text.ts";
import { nodeIdText } from "../node-id-text.ts";
import { isMissingFile } from "../small-file.ts";
import type { ClusterDirectory } from "./cluster-directory.ts";
import { LOCAL_HOST } from "./free-port.ts";
import type { NodeProgram } from "./node-program.ts";
import { RestartPolicy } from "./restart-policy.ts";

export type NodeState =
  | { readonly kind: "idle" }
  | { readonly kind: "starting"; readonly pid: number | undefined }
  | { readonly kind: "running"; readonly pid: number; readonly file: NodeFile }
  /** Until it is started again. */
  | { readonly kind: "waiting"; readonly reason: string; readonly delayMs: number }
  /** Killed on purpose; it is started again when `release` is called. */
  | { readonly kind: "held" }
  | { readonly kind: "givenUp"; readonly reason: string }
  | { readonly kind: "stopped" };

export interface NodeProcessOptions {
  readonly nodeId: NodeId;
  readonly port: number;
  readonly directory: ClusterDirectory;
  readonly program: NodeProgram;
  readonly onChange: (node: NodeProcess) => void;
  /** From SIGTERM to SIGKILL. */
  readonly stopMs?: number;
}

const POLL_MS = 50;
const PRIVATE_MODE = 0o600;

export class NodeProcess {
  readonly nodeId: NodeId;
  readonly #options: NodeProcessOptions;
  readonly #policy = new RestartPolicy();
  readonly #waiters = new Set<() => void>();
  #state: NodeState = { kind: "idle" };
  #child: ChildProcess | undefined;
  #ending: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isHeld = false;

  constructor(options: NodeProcessOptions) {
    this.nodeId = options.nodeId;
    this.#options = options;
  }

  get state(): NodeState {
    return this.#state;
  }

  get address(): string {
    return `/ip4/${LOCAL_HOST}/tcp/${this.#options.port}`;
  }

  start(): void {
    void this.#run();
  }

  /** Resolves when the node listens. @throws AspenError `unavailable` when it will not */
  async running(): Promise<NodeFile> {
    for (;;) {
      if (this.#state.kind === "running") return this.#state.file;
      if (this.#state.kind === "givenUp") throw new AspenError("unavailable", this.#state.reason);
      if (this.#state.kind === "stopped") throw new AspenError("shutting_down", "the node was stopped");
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** SIGKILL, and no restart until `release`. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#isHeld = true;
    clearTimeout(this.#restart);
    this.killNow();
    await this.#ending;
    if (!this.#isStopped) this.#become({ kind: "held" });
  }

  release(): void {
    this.#isHeld = false;
    if (this.#state.kind === "held") this.start();
  }

  /** SIGTERM; SIGKILL when that was not enough. Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#restart);
    this.#child?.kill("SIGTERM");
    const impatience = setTimeout(() => this.killNow(), this.#options.stopMs ?? limits.nodeStopMs);
    await this.#ending;
    clearTimeout(impatience);
    this.#become({ kind: "stopped" });
  }

  /** Does not wait: for when the parent itself is about to end. */
  killNow(): void {
    this.#child?.kill("SIGKILL");
  }

  async #run(): Promise<void> {
    const ended = Promise.withResolvers<void>();
    this.#ending = ended.promise;
    const startedAtMs = performance.now();
    this.#become({ kind: "starting", pid: undefined });
    const reason = await this.#runOnce();
    this.#child = undefined;
    this.#afterDeath(reason, performance.now() - startedAtMs);
    ended.resolve();
  }

  /** @returns how the process ended */
  async #runOnce(): Promise<string> {
    const watching = new AbortController();
    try {
      const ended = await this.#spawn();
      const pid = this.#child?.pid;
      if (pid !== undefined) {
        this.#become({ kind: "starting", pid });
        void this.#noteListening(pid, watching.signal);
      }
      // Not awaited before: the process may have ended while its log was being closed here.
      return await ended.reason;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      watching.abort();
    }
  }

  async #spawn(): Promise<{ readonly reason: Promise<string> }> {
    const { nodeId, directory, program } = this.#options;
    await mkdir(directory.nodeDirectory(nodeId), { recursive: true, mode: 0o700 });
    const log = await openLog(directory.nodeLogPath(nodeId));
    try {
      if (this.#isStopped || this.#isHeld) return { reason: Promise.resolve("it was stopped before it started") };
      const child = spawn(program.command, [...program.leadingArguments, ...this.#nodeArguments()], {
        stdio: ["pipe", log.fd, log.fd],
        detached: true,
        env: inheritedVariables(),
      });
      this.#child = child;
      // The pipe says that the parent lives. Nothing is ever written; its breaking is the child's end, told elsewhere.
      child.stdin?.on("error", () => {});
      return { reason: endOf(child) };
    } finally {
      await log.close();
    }
  }

  #nodeArguments(): readonly string[] {
    const { nodeId, directory } = this.#options;
    return [
      "--data-dir",
      directory.nodeDirectory(nodeId),
      "--node-id",
      nodeIdText(nodeId),
      "--listen",
      this.address,
      "--secret-file",
      directory.secretPath,
      "--exit-with-parent",
    ];
  }

  /** The node writes a file with its process id when it listens. */
  async #noteListening(pid: number, signal: AbortSignal): Promise<void> {
    const { nodeId, directory } = this.#options;
    const giveUpAtMs = performance.now() + limits.nodeStartMs;
    while (!signal.aborted) {
      const file = await readNodeFileIfAny(directory.nodeFilePath(nodeId));
      if (signal.aborted) return;
      if (file?.pid === pid) return this.#become({ kind: "running", pid, file });
      if (performance.now() > giveUpAtMs) return this.killNow();
      await delay(POLL_MS);
    }
  }

  #afterDeath(reason: string, ranMs: number): void {
    if (this.#isStopped) return this.#become({ kind: "stopped" });
    if (this.#isHeld) return this.#become({ kind: "held" });
    const decision = this.#policy.died(ranMs);
    if (decision.kind === "giveUp") {
      const log = this.#options.directory.nodeLogPath(this.nodeId);
      return this.#become({ kind: "givenUp", reason: `node ${this.nodeId} ${reason} again and again; see ${log}` });
    }
    this.#become({ kind: "waiting", reason, delayMs: decision.delayMs });
    this.#restart = setTimeout(() => this.start(), decision.delayMs);
  }

  #become(state: NodeState): void {
    this.#state = state;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
    this.#options.onChange(this);
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      resolve(signal === null ? `ended with ${code ?? "no code"}` : `was ended by ${signal}`);
    });
  });
}

/** The node gets what it is told here and nothing else: a variable that is meant for another node must not reach it. */
function inheritedVariables(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ASPEN_")));
}

async function openLog(path: string) {
  try {
    const { size } = await stat(path);
    if (size > limits.nodeLogBytesMax) await rename(path, `${path}.1`);
  } catch (error) {
    if (!isMissingFile(error)) throw error;
  }
  return open(path, "a", PRIVATE_MODE);
}

async function readNodeFileIfAny(path: string): Promise<NodeFile | undefined> {
  try {
    return parseNodeFile(await readFile(path, "utf8"));
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}
