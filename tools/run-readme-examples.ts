/**
 * Runs the first `ts` block of every README against the sources, in a folder outside the workspace that knows the
 * packages by name only, as a user's project would. `check-packages.ts` runs the same blocks against the built tarballs.
 *
 *     node tools/run-readme-examples.ts [folder…]
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readmeExample } from "./readme-example.ts";
import { runCommand } from "./run-command.ts";
import { readWorkspace, ROOT_DIRECTORY, SOURCE_CONDITION } from "./workspace.ts";

const EXAMPLE_TIMEOUT_MS = 180_000;

const workspace = readWorkspace();
const chosen = process.argv.slice(2);
const folders = chosen.length > 0 ? chosen : [".", ...workspace.map((item) => item.folder)];
const scratch = mkdtempSync(join(tmpdir(), "aspen-examples-"));
let failedCount = 0;
try {
  writeFileSync(join(scratch, "package.json"), JSON.stringify({ type: "module" }));
  for (const { directory, manifest } of workspace) {
    const link = join(scratch, "node_modules", manifest.name ?? "");
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(directory, link);
  }
  for (const folder of folders) if (!(await runExample(folder))) failedCount += 1;
} finally {
  rmSync(scratch, { recursive: true });
}
process.exitCode = failedCount === 0 ? 0 : 1;

async function runExample(folder: string): Promise<boolean> {
  const readmePath = join(ROOT_DIRECTORY, folder, "README.md");
  const example = existsSync(readmePath) ? readmeExample(readFileSync(readmePath, "utf8")) : undefined;
  if (example === undefined) {
    // The root README may do without; that every package has one is the business of check-anatomy.ts.
    console.log(`none    ${folder}`);
    return true;
  }
  const file = join(scratch, `${folder.replaceAll("/", "-").replace(".", "root")}.ts`);
  writeFileSync(file, example);
  const outcome = await runCommand("node", [`--conditions=${SOURCE_CONDITION}`, file], {
    cwd: scratch,
    timeoutMs: EXAMPLE_TIMEOUT_MS,
  });
  const hasPrinted = outcome.output.trim() !== "";
  if (outcome.exitCode === 0 && hasPrinted) {
    console.log(`ran     ${folder}`);
    return true;
  }
  const reason = outcome.hasTimedOut ? `still running after ${EXAMPLE_TIMEOUT_MS} ms` : "failed";
  console.log(
    `FAILED  ${folder}: the first ts block of its README ${hasPrinted ? reason : `${reason}, printed nothing`}`,
  );
  console.log(outcome.output.replaceAll(/^/gm, "        "));
  return false;
}
