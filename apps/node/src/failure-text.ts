import { AspenError } from "@aspenjs/api";

const CAUSES_SHOWN_MAX = 5;

/** Why the node did not start, or ended, for whoever started it: what happened, and what led to it, one line each. */
export function failureText(error: unknown): string {
  // A bug is told with all that may help to find it.
  if (!(error instanceof AspenError) && !isSystemError(error)) {
    return `aspen-node: internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  }
  const lines = [`aspen-node: ${textOf(error)}`];
  let { cause } = error;
  while (cause !== undefined && lines.length <= CAUSES_SHOWN_MAX) {
    lines.push(`  because: ${textOf(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** What the operating system refused, such as a directory that cannot be made: its message says which. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function textOf(error: unknown): string {
  if (error instanceof AspenError) return `${error.code}: ${error.message}`;
  if (error instanceof Error) return error.message;
  const isFault = typeof error === "object" && error !== null && "message" in error;
  return isFault ? String(error.message) : String(error);
}
