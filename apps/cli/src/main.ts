#!/usr/bin/env node
import { runProgram } from "./program.ts";
import { createSystemHost } from "./system-host.ts";

const exitCode = await runProgram(process.argv.slice(2), createSystemHost());
// What was written must be out, and a source that nobody reads to its end must not keep the process.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
}
process.exit(exitCode);
