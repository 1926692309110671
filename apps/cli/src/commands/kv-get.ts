import {
  AspenError,
  type GetMultiResult,
  type GetResult,
  type KeyValueEntry,
  type KeyValueStore,
  type ReadConsistency,
  type ReadFallback,
} from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { entryJson, entryLines, entryTable, labelJson } from "../entry-view.ts";
import { EXIT_CODES, type ExitCode } from "../exit-code.ts";
import { consistencyOption, fallbackOption } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import type { Report } from "../output-format.ts";
import { printable } from "../printable.ts";
import { hintIfStale } from "../stale-hint.ts";

interface GetOptions {
  readonly consistency: ReadConsistency;
  readonly fallback?: ReadFallback;
}

export function kvGetCommand(runner: CommandRunner): Command {
  return new Command("get")
    .summary("print the value of a key, or of several")
    .description("Prints keys with their values, all of one moment. Ends with 3 when one of the keys does not exist.")
    .argument("<key...>", "the keys, at most 1,000")
    .addOption(consistencyOption())
    .addOption(fallbackOption())
    .addHelpText(
      "after",
      `
With -o raw the value of one key is printed byte for byte; of several keys each is a line of key, tab and value.
${examples(
  ["aspen kv get greeting", ""],
  ["aspen kv get a b c -o jsonl", "one line for each that is there"],
  ["aspen kv get photo -o raw > photo.jpg", "the value, byte for byte"],
  ["aspen kv get greeting --endpoint 127.0.0.1:7602", "as this node sees it"],
  ["aspen kv get greeting --consistency stale", "at once, even without a quorum"],
  ["aspen kv get greeting --fallback local", "stale only if no leader answers"],
)}`,
    )
    .action((keys: readonly string[], options: GetOptions, command: Command) =>
      runner.run(command, (invocation) =>
        invocation.withClient(({ store }) => {
          const [key = "", ...others] = keys;
          return others.length === 0
            ? getOne(invocation, store, key, options)
            : getSeveral(invocation, store, keys, options);
        }),
      ),
    );
}

async function getOne(
  invocation: Invocation,
  store: KeyValueStore,
  key: string,
  { consistency, ...fallback }: GetOptions,
): Promise<ExitCode> {
  const result = await store.get({ key, consistency, ...fallback });
  const { entry } = result;
  hintIfStale(invocation, consistency, result);
  if (entry === undefined) throw new AspenError("not_found", missingText(key));
  await invocation.print(getReport(result, entry));
  return EXIT_CODES.ok;
}

/** Prints what is there, whatever is missing. */
async function getSeveral(
  invocation: Invocation,
  store: KeyValueStore,
  keys: readonly string[],
  { consistency, ...fallback }: GetOptions,
): Promise<ExitCode> {
  const result = await store.getMulti({ keys, consistency, ...fallback });
  hintIfStale(invocation, consistency, result);
  const missing = keys.filter((_key, position) => result.entries[position] === undefined);
  await invocation.print(getMultiReport(result, missing));
  for (const key of missing) invocation.hint(`aspen: not_found: ${printable(missingText(key))}`);
  return missing.length === 0 ? EXIT_CODES.ok : EXIT_CODES.negative;
}

function missingText(key: string): string {
  return `there is no key "${key}"`;
}

function getReport(result: GetResult, entry: KeyValueEntry): Report {
  return {
    json: { entry: entryJson(entry), ...labelJson(result) },
    table: (view) => entryTable([entry], view),
    raw: () => entry.value,
  };
}

function getMultiReport(result: GetMultiResult, missing: readonly string[]): Report {
  const entries = result.entries.filter((entry) => entry !== undefined);
  const lines = entries.map((entry) => entryJson(entry));
  return {
    json: { entries: lines, missing, ...labelJson(result) },
    jsonLines: lines,
    table: (view) => (entries.length === 0 ? "" : entryTable(entries, view)),
    raw: () => entryLines(entries),
  };
}
