import { fileURLToPath } from "node:url";

/** A bug planted on purpose: what a process with it loads differs from the source in one place. */
export interface Canary {
  readonly name: string;
  /** Relative to the repository's root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface CanaryLaunch {
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export const CANARY_VARIABLE = "ASPEN_CANARY";

/** How to start a Node process in which the canary lives. */
export function canaryLaunch(canary: Canary): CanaryLaunch {
  return {
    execArgv: [`--import=${fileURLToPath(new URL("register.ts", import.meta.url))}`],
    env: { [CANARY_VARIABLE]: JSON.stringify(canary) },
  };
}

/** The source with the bug in it. @throws Error when the canary does not fit the source */
export function plant(canary: Canary, source: string): string {
  const pieces = source.split(canary.find);
  const [before, after] = pieces;
  if (pieces.length !== 2 || before === undefined || after === undefined) {
    throw new Error(`canary ${canary.name}: its text occurs ${pieces.length - 1} times in ${canary.file}, not once`);
  }
  if (canary.find === canary.replace) throw new Error(`canary ${canary.name} changes nothing`);
  return before + canary.replace + after;
}
