/**
 * Runs the tests and says in its last line what they came to: `N passed, N failed`, and `, N skipped` when there are
 * any. Arguments go to vitest: paths, `-t NAME`, `--project unit`.
 *
 *     node tools/run-tests.ts [vitest arguments…]
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";
import { COUNTS_FILE_VARIABLE, type TestCounts } from "./test-count-reporter.ts";
import { ROOT_DIRECTORY } from "./workspace.ts";

const RUN_TIMEOUT_MS = 40 * 60_000;

const scratch = mkdtempSync(join(tmpdir(), "aspen-tests-"));
const countsFile = join(scratch, "counts.json");
const { exitCode, hasTimedOut } = await runCommand(
  "vitest",
  ["run", "--reporter=default", "--reporter=./tools/test-count-reporter.ts", ...process.argv.slice(2)],
  { cwd: ROOT_DIRECTORY, env: { [COUNTS_FILE_VARIABLE]: countsFile }, timeoutMs: RUN_TIMEOUT_MS, isEchoed: true },
);
const counts: TestCounts = existsSync(countsFile)
  ? (JSON.parse(readFileSync(countsFile, "utf8")) as TestCounts)
  : { passed: 0, failed: 0, skipped: [], broken: [] };
rmSync(scratch, { recursive: true });
process.exitCode = report(counts);

function report({ passed, failed, skipped, broken }: TestCounts): number {
  for (const { name, reason } of skipped) console.log(`skipped: ${name} (${reason})`);
  const failures = broken.map((problem) => problem.split("\n")[0] ?? "");
  const isSilent = failed + failures.length === 0;
  if (hasTimedOut) failures.push(`the run was ended after ${RUN_TIMEOUT_MS} ms`);
  if (!hasTimedOut && isSilent && passed === 0) failures.push("no test ran");
  if (!hasTimedOut && isSilent && passed > 0 && exitCode !== 0) {
    failures.push(`vitest ended with ${exitCode ?? "a signal"}`);
  }
  for (const failure of failures) console.log(`failed: ${failure}`);
  const failedCount = failed + failures.length;
  const skippedText = skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
  console.log(`${passed} passed, ${failedCount} failed${skippedText}`);
  return failedCount === 0 ? 0 : 1;
}
