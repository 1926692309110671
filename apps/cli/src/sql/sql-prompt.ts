import { AspenError, type SqlStore } from "@aspenjs/api";
import { errorMessage } from "../error-message.ts";
import type { Prompt } from "../host.ts";
import type { Invocation } from "../invocation.ts";
import type { QueryOptions } from "./query-options.ts";
import { sqlReport } from "./sql-view.ts";
import { StatementSplitter } from "./statement-splitter.ts";

const FIRST_PREFIX = "aspen> ";
const NEXT_PREFIX = "  ...> ";

const HELP = `A statement ends with a semicolon, and may have several lines. Ctrl-C gives it up, or ends a query that runs.
.tables          the views
.schema          their columns
.timer on|off    show how long each query took
.help            this
.quit            end; Ctrl-D does it, too
`;
const TABLES = "kv  leases\n";
const SCHEMA = `kv(key TEXT, value BLOB, value_text TEXT, version INTEGER, create_revision INTEGER, mod_revision INTEGER, lease_id INTEGER)
leases(lease_id INTEGER, ttl_ms INTEGER, deadline_ms INTEGER, key_count INTEGER)
`;

/** Statements as they are typed, one answer after the other. Errors are shown, and end nothing. */
export class SqlPrompt {
  readonly #invocation: Invocation;
  readonly #store: SqlStore;
  readonly #prompt: Prompt;
  readonly #options: QueryOptions;
  readonly #splitter = new StatementSplitter();
  #isTimed = false;

  constructor(invocation: Invocation, store: SqlStore, prompt: Prompt, options: QueryOptions) {
    this.#invocation = invocation;
    this.#store = store;
    this.#prompt = prompt;
    this.#options = options;
  }

  async run(): Promise<void> {
    for (;;) {
      const line = await this.#prompt.read(this.#splitter.isPending ? NEXT_PREFIX : FIRST_PREFIX);
      if (line.kind === "ended") return;
      if (line.kind === "interrupted") this.#splitter.clear();
      else if (!this.#splitter.isPending && line.text.trim().startsWith(".")) {
        if ((await this.#obey(line.text.trim())) === "quit") return;
      } else await this.#answer(this.#splitter.add(`${line.text}\n`));
    }
  }

  async #obey(order: string): Promise<"quit" | void> {
    const { errors } = this.#invocation.host.terminal;
    switch (order) {
      case ".quit":
      case ".exit":
        return "quit";
      case ".help":
        return errors.write(HELP);
      case ".tables":
        return errors.write(TABLES);
      case ".schema":
        return errors.write(SCHEMA);
      case ".timer on":
      case ".timer off":
        this.#isTimed = order === ".timer on";
        return undefined;
      default:
        return errors.write(`there is no ${order}; .help lists what there is\n`);
    }
  }

  async #answer(statements: readonly string[]): Promise<void> {
    for (const sql of statements) {
      const abort = new AbortController();
      const stopListening = this.#prompt.onInterrupt(() => abort.abort());
      const { host } = this.#invocation;
      const startMs = host.nowMs();
      try {
        const { consistency, timeout } = this.#options;
        const options = { deadlineMs: timeout, signal: abort.signal };
        await this.#invocation.print(sqlReport(await this.#store.query({ sql, consistency }, options)));
        if (this.#isTimed) this.#invocation.hint(`${Math.round(host.nowMs() - startMs)} ms`);
      } catch (error) {
        if (!(error instanceof AspenError)) throw error;
        await host.terminal.errors.write(abort.signal.aborted ? "interrupted\n" : errorMessage(error, undefined));
      } finally {
        stopListening();
      }
      if (abort.signal.aborted) return;
    }
  }
}
