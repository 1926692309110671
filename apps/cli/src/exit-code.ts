import { AspenError, type ErrorCode } from "@aspenjs/api";
import { CommanderError } from "commander";
import { UsageError } from "./usage-error.ts";

/** What a script may rely on. The README holds the same table. */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Not found, or a condition that did not hold. */
  negative: 3,
  /** No quorum, no answer, or not in time: the same command may succeed later. */
  unavailable: 4,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

const NEGATIVE: ReadonlySet<ErrorCode> = new Set(["not_found", "conflict"]);
const UNAVAILABLE: ReadonlySet<ErrorCode> = new Set([
  "not_leader",
  "resource_exhausted",
  "shutting_down",
  "timeout",
  "unavailable",
]);

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT_CODES.usage;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  if (!(error instanceof AspenError)) return EXIT_CODES.failed;
  if (NEGATIVE.has(error.code)) return EXIT_CODES.negative;
  if (UNAVAILABLE.has(error.code)) return EXIT_CODES.unavailable;
  return error.code === "invalid_request" ? EXIT_CODES.usage : EXIT_CODES.failed;
}
