import { limits as apiLimits, type SqlStore } from "@aspenjs/api";
import { Command, Option } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { formatDuration, parseDuration } from "../duration.ts";
import { argument, consistencyOption } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { limits } from "../limits.ts";
import { readLines } from "../line-reader.ts";
import type { QueryOptions } from "../sql/query-options.ts";
import { SqlPrompt } from "../sql/sql-prompt.ts";
import { parameterOf, sqlReport } from "../sql/sql-view.ts";
import { StatementSplitter } from "../sql/statement-splitter.ts";
import { UsageError } from "../usage-error.ts";
import { decodeText } from "../value-text.ts";

const VIEWS_HELP = `
Views:
  kv(key, value, value_text, version, create_revision, mod_revision, lease_id)
  leases(lease_id, ttl_ms, deadline_ms, key_count)

A parameter that looks like a number is one. At most ${apiLimits.sqlRowsMax} rows and 4 MiB are answered; beyond it a
query is refused, and nothing is cut. Without a statement a terminal is asked for one after the other (.help there);
elsewhere statements are read from standard input, each up to its semicolon, and the first that fails ends the command.
`;

export function sqlCommand(runner: CommandRunner): Command {
  return new Command("sql")
    .summary("ask in SQL")
    .description(
      "Answers one SELECT, or EXPLAIN QUERY PLAN of one, from one moment of the cluster. Nothing can be changed.",
    )
    .argument("[statement]", "the statement")
    .argument("[parameter...]", `what stands for each ? in it, at most ${apiLimits.sqlParametersMax}`)
    .addOption(consistencyOption())
    .addOption(
      new Option("--timeout <duration>", "after which a query is interrupted, at most 30s")
        .argParser(argument(parseTimeout))
        .default(apiLimits.sqlDeadlineMsDefault, formatDuration(apiLimits.sqlDeadlineMsDefault)),
    )
    .addHelpText(
      "after",
      `${VIEWS_HELP}${examples(
        ["aspen sql 'SELECT key, version FROM kv LIMIT 10'", ""],
        ["aspen sql 'SELECT count(*) FROM kv WHERE key LIKE ?' 'job/%'", ""],
        ["aspen sql 'SELECT * FROM leases' -o json", ""],
        ["aspen sql", "asks for statements"],
        ["aspen sql < report.sql", ""],
      )}`,
    )
    .action((statement: string | undefined, parameters: readonly string[], options: QueryOptions, command: Command) =>
      runner.run(command, (invocation) =>
        invocation.withClient(async ({ sql }) => {
          if (statement !== undefined) return runQuery(invocation, sql, statement, options, parameters);
          if (!invocation.host.terminal.input.isTty) return runInput(invocation, sql, options);
          return runPrompt(invocation, sql, options);
        }),
      ),
    );
}

async function runQuery(
  invocation: Invocation,
  store: SqlStore,
  sql: string,
  { consistency, timeout }: QueryOptions,
  parameters: readonly string[] = [],
): Promise<void> {
  const request = { sql, parameters: parameters.map(parameterOf), consistency };
  await invocation.print(sqlReport(await store.query(request, { deadlineMs: timeout })));
}

async function runInput(invocation: Invocation, store: SqlStore, options: QueryOptions): Promise<void> {
  const splitter = new StatementSplitter();
  for await (const line of readLines(invocation.host.terminal.input.chunks(), limits.sqlLineBytesMax)) {
    const text = line.kind === "overlong" ? undefined : decodeText(line.bytes);
    if (text === undefined) throw new UsageError(`line ${line.number} is too long, or no UTF-8`);
    for (const sql of splitter.add(`${text}\n`)) await runQuery(invocation, store, sql, options);
  }
  const rest = splitter.finish();
  if (rest !== undefined) await runQuery(invocation, store, rest, options);
}

async function runPrompt(invocation: Invocation, store: SqlStore, options: QueryOptions): Promise<void> {
  const prompt = invocation.host.openPrompt();
  try {
    await new SqlPrompt(invocation, store, prompt, options).run();
  } finally {
    prompt.close();
  }
}

/** @throws UsageError */
function parseTimeout(text: string): number {
  const timeoutMs = parseDuration(text);
  if (timeoutMs <= apiLimits.sqlDeadlineMsMax) return timeoutMs;
  throw new UsageError(`a query takes at most ${formatDuration(apiLimits.sqlDeadlineMsMax)}`);
}
