import { spawn } from "node:child_process";
import { extname } from "node:path";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { StorageFault } from "@aspenjs/api";
import { corruptFault } from "../storage-faults.ts";
import { lmdbFault } from "./lmdb-fault.ts";

/** The probe lies beside this module, compiled or not. It imports nothing that needs the parent's loader flags. */
const PROBE_FILE = fileURLToPath(new URL(`./probe${extname(import.meta.url)}`, import.meta.url));
const OUTPUT_BYTES_MAX = 4_096;
const PROBE_MS_MIN = 30_000;
/** A slower disk than this counts as one that hangs. */
const PROBE_BYTES_PER_MS_MIN = 1_000;

interface ProbeEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly startError: Error | undefined;
}

/**
 * Walks the whole file in another process: LMDB answers some kinds of damage by ending the process that reads it
 * (an assertion, or a page beyond the end of the file), and that must not be the node.
 */
export async function probeDatabase(file: string): Promise<StorageFault | undefined> {
  let fileBytes: number;
  try {
    fileBytes = (await stat(file)).size;
  } catch (error) {
    return lmdbFault("cannot find the log file", error);
  }
  const end = await runProbe(file, PROBE_MS_MIN + Math.ceil(fileBytes / PROBE_BYTES_PER_MS_MIN));
  if (end.startError !== undefined) return lmdbFault("cannot start the probe of the log file", end.startError);
  if (end.exitCode === 0) return undefined;
  const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
  const problem = `the log file ${file} cannot be read: its probe ended with ${how}: ${end.output}`;
  return corruptFault(problem.trim());
}

function runProbe(file: string, timeoutMs: number): Promise<ProbeEnd> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [PROBE_FILE, file], {
      stdio: ["ignore", "ignore", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    let output = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (chunk: string) => {
      output = (output + chunk).slice(0, OUTPUT_BYTES_MAX);
    });
    child.once("error", (startError) => resolve({ exitCode: null, signal: null, output, startError }));
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal, output, startError: undefined }));
  });
}
