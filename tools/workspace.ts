import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The parts of a package.json that the tools judge. Nothing in it is trusted to be there. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
  readonly license?: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly files?: readonly string[];
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
  readonly repository?: { readonly directory?: string };
  readonly exports?: ExportsMap;
  readonly publishConfig?: { readonly access?: string; readonly exports?: ExportsMap };
  readonly dependencies?: Readonly<Record<string, string>>;
}

export type ExportsMap = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

export interface WorkspacePackage {
  /** Relative to the root, with forward slashes: `packages/api`. */
  readonly folder: string;
  readonly directory: string;
  readonly manifest: Manifest;
}

export const ROOT_DIRECTORY = dirname(dirname(fileURLToPath(import.meta.url)));

export const SOURCE_CONDITION = "@aspenjs/source";

export function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
}

/** Every package and app that has a package.json, in order of its folder; of other groups when they are named. */
export function readWorkspace(groups: readonly string[] = ["packages", "apps"]): WorkspacePackage[] {
  return groups
    .filter((group) => existsSync(join(ROOT_DIRECTORY, group)))
    .flatMap((group) => readdirSync(join(ROOT_DIRECTORY, group)).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(join(ROOT_DIRECTORY, folder, "package.json")))
    .sort()
    .map((folder) => {
      const directory = join(ROOT_DIRECTORY, folder);
      return { folder, directory, manifest: readManifest(directory) };
    });
}

/** Paths of the files under a directory, relative to it, without what builds and installs put there. */
export function listFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !["node_modules", "dist", ".turbo", "coverage"].includes(entry.name))
    .flatMap((entry) => {
      if (!entry.isDirectory()) return [entry.name];
      return listFiles(join(directory, entry.name)).map((path) => `${entry.name}/${path}`);
    })
    .sort();
}

/** Import specifiers of the code that a package exports: `@aspenjs/api`, `@aspenjs/api/memory`. */
export function entryPoints(manifest: Manifest): string[] {
  const name = manifest.name ?? "";
  return Object.keys(manifest.exports ?? {})
    .filter((subpath) => subpath !== "./package.json")
    .map((subpath) => name + subpath.slice(1));
}
