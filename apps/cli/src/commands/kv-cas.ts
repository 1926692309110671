import type { CompareResult, Expected } from "@aspenjs/api";
import { Command, Option } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { entryJson, entryTable } from "../entry-view.ts";
import { EXIT_CODES } from "../exit-code.ts";
import { argument, parseCount } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Report } from "../output-format.ts";
import { printable } from "../printable.ts";
import { UsageError } from "../usage-error.ts";
import { readValue } from "../value-input.ts";
import { encodeText } from "../value-text.ts";

interface CasOptions {
  readonly value: string;
  readonly expectAbsent?: boolean;
  readonly expect?: string;
  readonly expectRevision?: number;
}

export function kvCasCommand(runner: CommandRunner): Command {
  return new Command("cas")
    .summary("set a key if it is as expected")
    .description("Compare and swap: sets the value of a key if it is as expected. Ends with 3 when it is not.")
    .argument("<key>", "the key")
    .requiredOption("--value <value>", "the new value; - reads standard input")
    .addOption(new Option("--expect-absent", "the key must not exist").conflicts(["expect", "expectRevision"]))
    .addOption(new Option("--expect <value>", "the key must have this value").conflicts("expectRevision"))
    .option(
      "--expect-revision <revision>",
      "the key must have been changed last at this revision",
      argument((text) => parseCount(text, 1, Number.MAX_SAFE_INTEGER)),
    )
    .addHelpText(
      "after",
      examples(
        ["aspen kv cas leader --expect-absent --value node-1", "only the first one gets it"],
        ["aspen kv cas counter --expect 41 --value 42", ""],
        ["aspen kv cas config --expect-revision 17 --value - < config.json", ""],
      ),
    )
    .action((key: string, options: CasOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const expected = parseExpected(options);
        const value = await readValue(options.value, invocation.host);
        const result = await invocation.withClient(({ store }) =>
          store.write({ kind: "compareAndSwap", key, expected, value }),
        );
        await invocation.print(casReport(result));
        if (result.outcome === "ok") return EXIT_CODES.ok;
        invocation.hint(`aspen: conflict: ${conflictText(key, result)}`);
        return EXIT_CODES.negative;
      }),
    );
}

function parseExpected({ expectAbsent, expect, expectRevision }: CasOptions): Expected {
  if (expectAbsent === true) return { kind: "absent" };
  if (expect !== undefined) return { kind: "value", value: encodeText(expect) };
  if (expectRevision !== undefined) return { kind: "modRevision", modRevision: expectRevision };
  throw new UsageError("say what to expect: --expect-absent, --expect VALUE or --expect-revision N");
}

function conflictText(key: string, { actual }: CompareResult & { readonly outcome: "conflict" }): string {
  const name = printable(key);
  if (actual === undefined) return `"${name}" does not exist`;
  return `"${name}" is there, changed last at revision ${actual.modRevision}`;
}

function casReport(result: CompareResult): Report {
  const { outcome, revision } = result;
  if (outcome === "ok") {
    return { json: { outcome, revision }, table: () => `revision ${revision}`, raw: () => `${revision}\n` };
  }
  const { actual } = result;
  return {
    json: { outcome, revision, actual: actual === undefined ? null : entryJson(actual) },
    table: (view) => (actual === undefined ? "" : entryTable([actual], view)),
    raw: () => actual?.value ?? "",
  };
}
