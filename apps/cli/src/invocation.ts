import type { AspenClient } from "@aspenjs/client";
import type { GlobalOptions } from "./global-options.ts";
import type { Host } from "./host.ts";
import { printReport, type Report } from "./output-format.ts";
import { findTicket } from "./ticket-source.ts";

/** One run of one command: what it was told for all commands alike, and its ways in and out. */
export class Invocation {
  readonly host: Host;
  readonly options: GlobalOptions;
  #ticketSource: string | undefined;

  constructor(host: Host, options: GlobalOptions) {
    this.host = host;
    this.options = options;
  }

  /** Where the ticket came from, once one was looked for. */
  get ticketSource(): string | undefined {
    return this.#ticketSource;
  }

  async findTicket(): Promise<string> {
    const { text, source } = await findTicket(this.options, this.host);
    this.#ticketSource = source;
    return text;
  }

  /** Runs the work with a client of the cluster that the options name, and closes it. */
  async withClient<Result>(work: (client: AspenClient) => Promise<Result>): Promise<Result> {
    const ticket = await this.findTicket();
    return this.withTicket(ticket, this.options.endpoint, work);
  }

  async withTicket<Result>(
    ticket: string,
    endpoint: string | undefined,
    work: (client: AspenClient) => Promise<Result>,
  ): Promise<Result> {
    const client = await this.host.connect({ ticket, endpoint, deadlineMs: this.options.deadlineMs });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  print(report: Report): Promise<void> {
    return printReport(this.host, this.options.output, report);
  }

  /** A line for people beside the results. */
  hint(line: string): void {
    void this.host.terminal.errors.write(`${line}\n`);
  }
}
