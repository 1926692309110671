import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { canaryLaunch, type Canary } from "@aspenjs/canary";
import type { RunChoices } from "@aspenjs/simulation";
import type { SeedCrash, SeedMessage, SeedOrder, SeedResult } from "./farm-message.ts";
import type { StateKind } from "./state-directory.ts";

export interface SeedFarmOptions {
  readonly seeds: readonly number[];
  readonly choices: RunChoices;
  readonly workerCount: number;
  readonly isTwice: boolean;
  /** Default: memory. */
  readonly stateKind?: StateKind | undefined;
  /** A bug for every worker to run with. */
  readonly canary?: Canary | undefined;
  /** Another Node than this one. */
  readonly nodePath?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @returns whether to go on */
  readonly onResult: (result: SeedResult) => boolean;
  /** Of a seed that broke the simulation itself. Without it the search goes on to its end, and is rejected then. */
  readonly onCrash?: ((crash: SeedCrash) => void) | undefined;
}

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const BATCH_SEEDS = 4;
/** A process for each core: V8's helper threads would only take turns with the other workers. */
const WORKER_FLAGS = ["--single-threaded"];

/**
 * Lives through the seeds in processes of its own, a few at a time, until all are done or nobody wants to know more.
 * @throws Error when a worker ends, or a seed breaks the simulation and nobody listens for that
 */
export async function runSeeds(options: SeedFarmOptions): Promise<void> {
  const remaining = [...options.seeds];
  const state = { isOver: false };
  const stop = (): void => {
    state.isOver = true;
  };
  options.signal?.addEventListener("abort", stop, { once: true });
  const workers = Array.from({ length: options.workerCount }, () => startWorker(options));
  const crashes: SeedCrash[] = [];
  const onCrash = options.onCrash ?? ((crash) => void crashes.push(crash));
  try {
    await Promise.all(workers.map((worker) => feed(worker, remaining, { ...options, onCrash }, state)));
  } finally {
    options.signal?.removeEventListener("abort", stop);
    for (const worker of workers) worker.kill();
  }
  if (crashes.length > 0) throw new Error(crashes.map(crashText).join("\n"));
}

export function crashText({ seed, error }: SeedCrash): string {
  return `seed ${seed} breaks the simulation: ${error}`;
}

function startWorker({ canary, nodePath }: SeedFarmOptions): ChildProcess {
  const launch = canary === undefined ? { execArgv: [], env: {} } : canaryLaunch(canary);
  return fork(WORKER, {
    execArgv: ["--conditions=@aspenjs/source", ...WORKER_FLAGS, ...launch.execArgv],
    env: { ...process.env, ...launch.env },
    ...(nodePath === undefined ? {} : { execPath: nodePath }),
  });
}

async function feed(
  worker: ChildProcess,
  remaining: number[],
  options: SeedFarmOptions,
  state: { isOver: boolean },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let underWay: readonly number[] = [];
  const order = (): void => {
    underWay = state.isOver ? [] : remaining.splice(0, BATCH_SEEDS);
    if (underWay.length === 0) return resolve();
    const { choices, isTwice, stateKind = "memory" } = options;
    worker.send({ seeds: underWay, choices, isTwice, stateKind } satisfies SeedOrder);
  };
  worker.on("message", (message: SeedMessage) => {
    if (!state.isOver) state.isOver = !tell(message, options);
    underWay = underWay.slice(1);
    if (state.isOver) return resolve();
    if (underWay.length === 0) order();
  });
  worker.on("error", reject);
  worker.on("exit", (code, signal) => {
    if (state.isOver) resolve();
    else reject(new Error(`a worker ended with ${signal ?? code ?? "nothing"}, in seed ${underWay[0] ?? "none"}`));
  });
  await once(worker, "spawn");
  order();
  await promise;
}

/** @returns whether to go on */
function tell(message: SeedMessage, { onResult, onCrash }: SeedFarmOptions): boolean {
  if (message.kind === "lived") return onResult(message.result);
  onCrash?.(message.crash);
  return true;
}
