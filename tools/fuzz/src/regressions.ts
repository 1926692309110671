/** Inputs that once failed, one file each, beside the target that they failed. They are part of the source. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TargetPlace } from "./discovery.ts";
import { ROOT_DIRECTORY } from "./discovery.ts";
import type { Finding } from "./finding.ts";

const FILE_BYTES_MAX = 65_536;

export interface Regression {
  /** Relative to the root. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

export function regressionsOf(place: TargetPlace): readonly Regression[] {
  const folder = folderOf(place);
  if (!existsSync(join(ROOT_DIRECTORY, folder))) return [];
  return readdirSync(join(ROOT_DIRECTORY, folder))
    .sort()
    .map((name) => {
      const file = `${folder}/${name}`;
      return { file, bytes: new Uint8Array(readFileSync(join(ROOT_DIRECTORY, file))) };
    });
}

/**
 * The file that holds it from now on: named by what it did and by its bytes, so that one finding is one file. Nothing
 * when it is large: what only a full frame shows is made anew in every run (extremes.ts).
 */
export function keepRegression(place: TargetPlace, { kind, input }: Finding): string | undefined {
  if (input.byteLength > FILE_BYTES_MAX) return undefined;
  const digest = createHash("sha256").update(input).digest("hex").slice(0, 12);
  const file = `${folderOf(place)}/${kind}-${digest}.bin`;
  mkdirSync(dirname(join(ROOT_DIRECTORY, file)), { recursive: true });
  writeFileSync(join(ROOT_DIRECTORY, file), input);
  return file;
}

function folderOf({ folder, name }: TargetPlace): string {
  return `${folder}/test/fuzz/corpus/${name.slice(name.indexOf("/") + 1)}`;
}
