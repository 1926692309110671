/**
 * Are the packages good for those who install them? Builds all, packs each public one outside the workspace, judges
 * every tarball with publint and attw, installs all of them together with npm into an empty project, and there, under
 * plain Node, imports every entry point, starts every program and runs the first `ts` block of every README.
 *
 *     pnpm check-packages [folder…]
 *
 * Folders, when given, must include what they depend on. Turbo and pack need pnpm on the PATH, as scripts have it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readmeExample } from "./readme-example.ts";
import { requireCommand, runCommand, type CommandOptions } from "./run-command.ts";
import { entryPoints, readManifest, readWorkspace, ROOT_DIRECTORY, type Manifest } from "./workspace.ts";

interface PackedPackage {
  readonly folder: string;
  readonly name: string;
  readonly tarball: string;
  /** As it is inside the tarball: what users get. */
  readonly manifest: Manifest;
  readonly readme: string;
}

const EXAMPLE_TIMEOUT_MS = 180_000;
const PROGRAM_TIMEOUT_MS = 120_000;
const TARBALL_FILES_REQUIRED = ["package.json", "README.md", "LICENSE"];
/** Where the simulation may take over. Builds define it away: what users run has no such place. */
const FAULT_POINT = /aspenFaultPoint\?\.\(/;
const TARBALL_FILES_BANNED = /(\.test\.|^src\/|^test\/|tsconfig|tsup\.config|\.tsbuildinfo)/;

let failedCount = 0;
const scratch = mkdtempSync(join(tmpdir(), "aspen-packages-"));
try {
  await checkPackages();
} finally {
  rmSync(scratch, { recursive: true });
}
console.log(failedCount === 0 ? "every package is fit to publish" : `${failedCount} checks failed`);
process.exitCode = failedCount === 0 ? 0 : 1;

async function checkPackages(): Promise<void> {
  const chosen = process.argv.slice(2);
  const filters = chosen.map((folder) => `--filter=./${folder}`);
  const build = ["run", "build", "--continue=always", "--output-logs=errors-only", ...filters];
  if (!(await check("build", "turbo", build, { cwd: ROOT_DIRECTORY }))) return;
  const packed: PackedPackage[] = [];
  for (const { folder, directory, manifest } of readWorkspace()) {
    const isChosen = chosen.length === 0 || chosen.includes(folder);
    if (isChosen && manifest.private !== true) packed.push(await pack(folder, directory));
  }
  for (const item of packed) {
    await check(`publint ${item.folder}`, "publint", ["run", item.tarball, "--strict"]);
    if (item.manifest.exports !== undefined) {
      await check(`attw ${item.folder}`, "attw", [item.tarball, "--profile=esm-only", "--format=ascii", "--no-emoji"]);
    }
  }
  const project = join(scratch, "project");
  if (await installTogether(packed, project)) {
    for (const item of packed) await useAsUser(item, project);
  }
}

async function pack(folder: string, directory: string): Promise<PackedPackage> {
  const destination = join(scratch, folder.replaceAll("/", "-"));
  mkdirSync(destination);
  await requireCommand("pnpm", ["pack", "--out", join(destination, "package.tgz")], { cwd: directory });
  const tarball = join(destination, "package.tgz");
  await requireCommand("tar", ["-xzf", tarball, "-C", destination]);
  const listed = (await requireCommand("tar", ["-tzf", tarball])).trim().split("\n");
  const files = listed.map((path) => path.replace(/^package\//, ""));
  const missing = TARBALL_FILES_REQUIRED.filter((path) => !files.includes(path));
  const surplus = files.filter((path) => TARBALL_FILES_BANNED.test(path));
  const scripts = files.filter((path) => path.endsWith(".js"));
  const hooked = scripts.filter((path) => FAULT_POINT.test(readFileSync(join(destination, "package", path), "utf8")));
  record(`pack ${folder}`, [
    ...missing.map((path) => `${path} is not in the tarball`),
    ...surplus.map((path) => `${path} has no place in the tarball`),
    ...hooked.map((path) => `${path} still asks a fault point`),
  ]);
  const manifest = readManifest(join(destination, "package"));
  const readme = missing.includes("README.md") ? "" : readFileSync(join(destination, "package/README.md"), "utf8");
  return { folder, name: manifest.name ?? folder, tarball, manifest, readme };
}

/** Overrides make the packages find each other's tarballs, which no registry knows yet. */
async function installTogether(packed: readonly PackedPackage[], project: string): Promise<boolean> {
  const tarballs = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  mkdirSync(project);
  const manifest = { name: "project", private: true, type: "module", dependencies: tarballs, overrides: tarballs };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest, undefined, 2));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  return await check("npm install", "npm", ["install", ...flags], { cwd: project });
}

async function useAsUser(item: PackedPackage, project: string): Promise<void> {
  for (const entryPoint of entryPoints(item.manifest)) {
    const code = `const names = Object.keys(await import(${JSON.stringify(entryPoint)}));
      if (names.length === 0) throw new Error("exports nothing");`;
    await check(`import ${entryPoint}`, "node", ["--input-type=module", "--eval", code], { cwd: project });
  }
  for (const program of Object.keys(typeof item.manifest.bin === "object" ? item.manifest.bin : {})) {
    const options = { cwd: project, timeoutMs: PROGRAM_TIMEOUT_MS };
    await check(`start ${program}`, join(project, "node_modules/.bin", program), ["--help"], options);
  }
  const example = readmeExample(item.readme);
  if (example === undefined) {
    if (item.folder.startsWith("packages/")) record(`example ${item.folder}`, ["its README has no ts block"]);
    return;
  }
  const directory = join(project, item.folder.replaceAll("/", "-"));
  mkdirSync(directory);
  writeFileSync(join(directory, "example.ts"), example);
  const options = { cwd: project, timeoutMs: EXAMPLE_TIMEOUT_MS };
  await check(`example ${item.folder}`, "node", [join(directory, "example.ts")], options);
}

async function check(
  title: string,
  command: string,
  commandArguments: readonly string[],
  options: CommandOptions = {},
): Promise<boolean> {
  const outcome = await runCommand(command, commandArguments, { cwd: scratch, ...options });
  if (outcome.exitCode === 0) return record(title, []);
  const ending = outcome.hasTimedOut
    ? "still running at its time limit"
    : `ended with ${outcome.exitCode ?? "a signal"}`;
  return record(title, [ending, ...outcome.output.trim().split("\n")]);
}

function record(title: string, problems: readonly string[]): boolean {
  console.log(problems.length === 0 ? `ok      ${title}` : `FAILED  ${title}`);
  for (const problem of problems) console.log(`        ${problem}`);
  if (problems.length > 0) failedCount += 1;
  return problems.length === 0;
}
