import type { Command } from "commander";
import { EXIT_CODES, type ExitCode } from "./exit-code.ts";
import { globalOptionsOf } from "./global-options.ts";
import type { Host } from "./host.ts";
import { Invocation } from "./invocation.ts";

/** Runs what commander has parsed, and keeps what it came to. */
export class CommandRunner {
  readonly #host: Host;
  #exitCode: ExitCode = EXIT_CODES.ok;
  #invocation: Invocation | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  get exitCode(): ExitCode {
    return this.#exitCode;
  }

  get ticketSource(): string | undefined {
    return this.#invocation?.ticketSource;
  }

  /** The work's own code, or `ok` when it names none. */
  async run(command: Command, work: (invocation: Invocation) => Promise<ExitCode | void>): Promise<void> {
    this.#invocation = new Invocation(this.#host, globalOptionsOf(command));
    this.#exitCode = (await work(this.#invocation)) ?? EXIT_CODES.ok;
  }
}
