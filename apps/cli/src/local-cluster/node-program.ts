import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { assert } from "@aspenjs/api";

export interface NodeProgram {
  readonly command: string;
  /** Before the options of the node. */
  readonly leadingArguments: readonly string[];
}

const SOURCE_CONDITION = "--conditions=@aspenjs/source";

/** `aspen-node` of the package that is installed with this one; from its sources when this runs from sources. */
export function findNodeProgram(): NodeProgram {
  const require = createRequire(import.meta.url);
  const manifestPath = require.resolve("@aspenjs/node/package.json");
  const directory = dirname(manifestPath);
  if (import.meta.url.endsWith(".ts")) {
    return { command: process.execPath, leadingArguments: [SOURCE_CONDITION, join(directory, "src/main.ts")] };
  }
  const manifest = require(manifestPath) as { readonly bin?: Readonly<Record<string, string>> };
  const program = manifest.bin?.["aspen-node"];
  assert(program !== undefined, "@aspenjs/node has a program");
  return { command: process.execPath, leadingArguments: [join(directory, program)] };
}
