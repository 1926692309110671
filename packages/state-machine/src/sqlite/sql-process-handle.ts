import { fork, type ChildProcess } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { SqlTask, SqlTaskOutcome } from "./sql-task.ts";

const IS_SOURCE = import.meta.url.endsWith(".ts");
/** Beside this module, in the sources as in the build. */
const SCRIPT = fileURLToPath(new URL(IS_SOURCE ? "./sql-process.ts" : "./sql-process.js", import.meta.url));
const HEAP_MEBIBYTES_MAX = 128;

export interface SqlProcessEvents {
  readonly onOutcome: (outcome: SqlTaskOutcome) => void;
  /** It is gone, and whatever it had open is closed. */
  readonly onEnded: (signal: NodeJS.Signals | null) => void;
}

/** A process that answers one query at a time. It keeps nobody alive, and outlives nobody by much. */
export class SqlProcessHandle {
  readonly #process: ChildProcess;
  #isEnded = false;

  constructor({ onOutcome, onEnded }: SqlProcessEvents) {
    this.#process = fork(SCRIPT, [], {
      execArgv: [...(IS_SOURCE ? ["--conditions=@aspenjs/source"] : []), `--max-old-space-size=${HEAP_MEBIBYTES_MAX}`],
      serialization: "advanced",
      // What stands in the environment of a node is no business of those who ask it.
      env: process.platform === "win32" ? { SystemRoot: process.env["SystemRoot"] } : {},
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#process.on("message", (outcome: SqlTaskOutcome) => onOutcome(outcome));
    // Said instead of an exit when it could not start, and besides one when it could not be reached.
    this.#process.on("error", () => {
      this.#process.kill("SIGKILL");
      if (this.#process.pid === undefined) this.#end(onEnded, null);
    });
    this.#process.on("exit", (_code, signal) => this.#end(onEnded, signal));
    this.#yieldTheProcessor();
    this.setIdle();
  }

  post(task: SqlTask): void {
    this.#process.ref();
    this.#process.channel?.ref();
    // A channel that broke is followed by the end of the process.
    if (this.#process.connected) this.#process.send(task, () => {});
  }

  setIdle(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }

  kill(): void {
    this.#process.ref();
    this.#process.kill("SIGKILL");
  }

  #end(onEnded: SqlProcessEvents["onEnded"], signal: NodeJS.Signals | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    onEnded(signal);
  }

  /** Consensus comes first. */
  #yieldTheProcessor(): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It has ended already, or this system does not let us: a courtesy either way.
    }
  }
}
