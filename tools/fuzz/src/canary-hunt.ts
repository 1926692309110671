/** Starts one process for each planted bug, and waits until the target has found it or its time is over. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { canaryLaunch, type Canary } from "@aspenjs/canary";
import { loadTarget, ROOT_DIRECTORY, type TargetPlace } from "./discovery.ts";
import type { FindingKind } from "./finding.ts";
import { renderTable } from "./table.ts";

export type HuntOutcome =
  | { readonly kind: "found"; readonly finding: FindingKind; readonly executions: number; readonly elapsedMs: number }
  | { readonly kind: "missed"; readonly executions: number }
  | { readonly kind: "broken"; readonly output: string };

export interface Hunt {
  readonly target: string;
  readonly canary: string;
  readonly outcome: HuntOutcome;
}

export interface HuntOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onHunt?: (hunt: Hunt) => void;
}

const HUNTER = fileURLToPath(new URL("./hunter.ts", import.meta.url));
/** As in the script `fuzz` of the root: a large nursery, so that little garbage is collected between two inputs. */
const FUZZ_FLAGS = ["--conditions=@aspenjs/source", "--min-semi-space-size=16", "--max-semi-space-size=16"];
/** To load a target and to stop what hangs. */
const GRACE_MS = 60_000;

export async function huntCanaries(places: readonly TargetPlace[], options: HuntOptions): Promise<readonly Hunt[]> {
  const hunts: Hunt[] = [];
  for (const place of places) {
    const { canaries } = await loadTarget(place);
    for (const canary of canaries) {
      if (options.signal?.aborted === true) return hunts;
      const hunt = { target: place.name, canary: canary.name, outcome: await huntCanary(place, canary, options) };
      options.onHunt?.(hunt);
      hunts.push(hunt);
    }
  }
  return hunts;
}

export async function huntCanary(place: TargetPlace, canary: Canary, options: HuntOptions): Promise<HuntOutcome> {
  const { execArgv, env } = canaryLaunch(canary);
  const child = spawn(
    process.execPath,
    [...execArgv, ...FUZZ_FLAGS, HUNTER, place.name, String(options.seconds), String(options.seed)],
    {
      cwd: ROOT_DIRECTORY,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.seconds * 1_000 + GRACE_MS,
      killSignal: "SIGKILL",
    },
  );
  const ended = Promise.withResolvers<number | null>();
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
  child.once("error", ended.reject).once("close", ended.resolve);
  const exitCode = await ended.promise;
  if (exitCode !== 0) return { kind: "broken", output: errors };
  return JSON.parse(output) as HuntOutcome;
}

export function renderHunts(hunts: readonly Hunt[]): string {
  return renderTable(
    ["target", "planted bug", "found as", "executions", "seconds"],
    hunts.map(({ target, canary, outcome }) => {
      switch (outcome.kind) {
        case "found":
          return [target, canary, outcome.finding, outcome.executions, (outcome.elapsedMs / 1_000).toFixed(2)];
        case "missed":
          return [target, canary, "MISSED", outcome.executions, ""];
        case "broken":
          return [target, canary, `BROKEN: ${outcome.output.trim().split("\n").at(-1) ?? ""}`, 0, ""];
      }
    }),
  );
}
