import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { AnyTarget } from "./target.ts";

export const ROOT_DIRECTORY = fileURLToPath(new URL("../../../", import.meta.url));

const SUFFIX = ".fuzz.ts";
const TARGET_FILES = `{packages,apps}/*/test/fuzz/*${SUFFIX}`;

/** Where a target lies, known before it is loaded: coverage must be on by then. */
export interface TargetPlace {
  /** `raft/message` */
  readonly name: string;
  /** Relative to the root. */
  readonly file: string;
  /** Of the package that owns it: `packages/raft`. */
  readonly folder: string;
}

export function targetPlaces(): readonly TargetPlace[] {
  return globSync(TARGET_FILES, { cwd: ROOT_DIRECTORY })
    .map((file) => file.replaceAll("\\", "/"))
    .sort()
    .map((file) => {
      const [group = "", owner = ""] = file.split("/");
      return { name: `${owner}/${basename(file, SUFFIX)}`, file, folder: `${group}/${owner}` };
    });
}

export async function loadTarget({ name, file }: TargetPlace): Promise<AnyTarget> {
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(ROOT_DIRECTORY, file)).href)) as {
    readonly target?: AnyTarget;
  };
  if (module.target === undefined) throw new Error(`${file} exports no target`);
  if (module.target.name !== name) throw new Error(`${file} calls itself ${module.target.name}, not ${name}`);
  return module.target;
}
