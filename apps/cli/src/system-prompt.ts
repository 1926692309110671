import { createInterface } from "node:readline";
import type { Prompt, PromptLine } from "./host.ts";

const HISTORY_LINES_MAX = 1_000;

/** On standard input; what is typed is shown on standard error's side, so that results can go to a file. */
export function openSystemPrompt(): Prompt {
  const readline = createInterface({
    input: process.stdin,
    output: process.stderr,
    historySize: HISTORY_LINES_MAX,
    removeHistoryDuplicates: true,
  });
  const listeners = new Set<() => void>();
  let pending: ((line: PromptLine) => void) | undefined;
  let isEnded = false;
  /** Lines that were pasted before they were asked for. */
  const ahead: PromptLine[] = [];
  const tell = (line: PromptLine): void => {
    const settle = pending;
    pending = undefined;
    if (settle !== undefined) settle(line);
    else if (line.kind === "line") ahead.push(line);
    else for (const listener of listeners) listener();
  };
  readline.on("line", (text) => tell({ kind: "line", text }));
  readline.on("SIGINT", () => {
    ahead.length = 0;
    // What stood in the line is given up with it.
    readline.write(null, { ctrl: true, name: "e" });
    readline.write(null, { ctrl: true, name: "u" });
    process.stderr.write("^C\n");
    tell({ kind: "interrupted" });
  });
  readline.on("close", () => {
    isEnded = true;
    tell({ kind: "ended" });
  });
  return {
    read: (prefix) =>
      new Promise((resolve) => {
        const line = ahead.shift();
        if (line !== undefined) return resolve(line);
        if (isEnded) return resolve({ kind: "ended" });
        pending = resolve;
        readline.setPrompt(prefix);
        readline.prompt();
      }),
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => readline.close(),
  };
}
