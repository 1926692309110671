import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * What to type to run this program in the given directory: its name when it is installed, a line for the shell that
 * makes the name work when it runs from its sources.
 */
export function shellAlias(workingDirectory: string): string | undefined {
  if (!import.meta.url.endsWith(".ts")) return undefined;
  const main = relative(workingDirectory, fileURLToPath(new URL("main.ts", import.meta.url)));
  const node = process.execPath;
  return `alias aspen='${node} --conditions=@aspenjs/source ${main}'`;
}
