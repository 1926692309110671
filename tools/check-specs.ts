/**
 * Does anything keep and test what the specifications state? The rules are in `spec-table.ts`.
 *
 *     node tools/check-specs.ts
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { specProblems, specRows } from "./spec-table.ts";
import { listFiles, readWorkspace } from "./workspace.ts";

let problemCount = 0;
for (const { folder, directory } of readWorkspace()) {
  const specPath = join(directory, "SPEC.md");
  if (!existsSync(specPath)) continue;
  const spec = readFileSync(specPath, "utf8");
  const files = listFiles(directory)
    .filter((path) => /^(src|test)\/.+\.(ts|tsx|txt)$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(directory, path), "utf8") }));
  const problems = specProblems(spec, files);
  for (const problem of problems) console.log(`${folder}/${problem}`);
  if (problems.length === 0) console.log(`${folder}/SPEC.md: ${specRows(spec).length} invariants, all kept and tested`);
  problemCount += problems.length;
}
process.exitCode = problemCount === 0 ? 0 : 1;
