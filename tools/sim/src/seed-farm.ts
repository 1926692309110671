import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { canaryLaunch, type Canary } from "@aspenjs/canary";
import type { RunChoices } from "@aspenjs/simulation";
import type { SeedOrder, SeedResult } from "./farm-message.ts";
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
}

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const BATCH_SEEDS = 4;

/** Lives through the seeds in processes of its own, a few at a time, until all are done or nobody wants to know more. */
export async function runSeeds(options: SeedFarmOptions): Promise<void> {
  const remaining = [...options.seeds];
  const state = { isOver: false };
  const stop = (): void => {
    state.isOver = true;
  };
  options.signal?.addEventListener("abort", stop, { once: true });
  const workers = Array.from({ length: options.workerCount }, () => startWorker(options));
  try {
    await Promise.all(workers.map((worker) => feed(worker, remaining, options, state)));
  } finally {
    options.signal?.removeEventListener("abort", stop);
    for (const worker of workers) worker.kill();
  }
}

function startWorker({ canary, nodePath }: SeedFarmOptions): ChildProcess {
  const launch = canary === undefined ? { execArgv: [], env: {} } : canaryLaunch(canary);
  return fork(WORKER, {
    execArgv: ["--conditions=@aspenjs/source", ...launch.execArgv],
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
  let awaited = 0;
  const order = (): void => {
    const seeds = state.isOver ? [] : remaining.splice(0, BATCH_SEEDS);
    awaited = seeds.length;
    if (awaited === 0) return resolve();
    const { choices, isTwice, stateKind = "memory" } = options;
    worker.send({ seeds, choices, isTwice, stateKind } satisfies SeedOrder);
  };
  worker.on("message", (result: SeedResult) => {
    if (!state.isOver && !options.onResult(result)) state.isOver = true;
    awaited -= 1;
    if (state.isOver) return resolve();
    if (awaited === 0) order();
  });
  worker.on("error", reject);
  worker.on("exit", (code, signal) => {
    if (state.isOver) resolve();
    else reject(new Error(`a worker ended with ${signal ?? code ?? "nothing"}`));
  });
  await once(worker, "spawn");
  order();
  await promise;
}
