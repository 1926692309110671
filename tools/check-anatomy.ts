/**
 * Are all packages built the same way? `package-anatomy.ts` holds the rules; this file reads the disk and prints.
 *
 *     node tools/check-anatomy.ts
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { anatomyProblems } from "./package-anatomy.ts";
import { listFiles, readManifest, readWorkspace, ROOT_DIRECTORY } from "./workspace.ts";

const root = readManifest(ROOT_DIRECTORY);
const rules = { license: root.license ?? "", nodeRange: root.engines?.["node"] ?? "" };
let problemCount = 0;
for (const { folder, directory, manifest } of readWorkspace()) {
  const files = listFiles(directory);
  const readText = (path: string): string => readFileSync(join(directory, path), "utf8");
  const indexes = files.filter((path) => /^src\/(.+\/)?index\.ts$/.test(path)).map((path) => [path, readText(path)]);
  const problems = anatomyProblems(
    {
      folder,
      manifest,
      files,
      readme: existsSync(join(directory, "README.md")) ? readText("README.md") : undefined,
      indexes: Object.fromEntries(indexes) as Record<string, string>,
    },
    rules,
  );
  for (const problem of problems) console.log(`${folder}: ${problem}`);
  problemCount += problems.length;
}
for (const name of ["LICENSE", "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"]) {
  if (existsSync(join(ROOT_DIRECTORY, name))) continue;
  console.log(`${name} is missing`);
  problemCount += 1;
}
console.log(problemCount === 0 ? "all packages are well formed" : `${problemCount} problems`);
process.exitCode = problemCount === 0 ? 0 : 1;
