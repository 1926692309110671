import { createContext, Script } from "node:vm";

const sandbox: { run: () => void } = { run: () => {} };
const context = createContext(sandbox);
const script = new Script("run()");

/**
 * Runs a function that must come to an end, loops without end included: V8 stops what still runs after the time.
 * Tells whether it had to. What was stopped leaves no trace but what it had changed by then.
 */
export function runWithin(timeoutMs: number, run: () => void): "ended" | "stopped" {
  sandbox.run = run;
  try {
    script.runInContext(context, { timeout: timeoutMs });
    return "ended";
  } catch (error) {
    if (isTimeout(error)) return "stopped";
    throw error;
  }
}

/** The error comes from the other context: no class of ours. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}
