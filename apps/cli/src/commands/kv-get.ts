import { AspenError, type GetResult, type KeyValueEntry, type ReadConsistency } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { entryJson, entryTable, labelJson } from "../entry-view.ts";
import { consistencyOption } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Report } from "../output-format.ts";

interface GetOptions {
  readonly consistency: ReadConsistency;
}

export function kvGetCommand(runner: CommandRunner): Command {
  return new Command("get")
    .summary("print the value of a key")
    .description("Prints a key with its value. Ends with 3 when the key does not exist.")
    .argument("<key>", "the key")
    .addOption(consistencyOption())
    .addHelpText(
      "after",
      examples(
        ["aspen kv get greeting", ""],
        ["aspen kv get photo -o raw > photo.jpg", "the value, byte for byte"],
        ["aspen kv get greeting --endpoint 127.0.0.1:7602", "as this node sees it"],
        ["aspen kv get greeting --consistency stale", "at once, even without a quorum"],
      ),
    )
    .action((key: string, { consistency }: GetOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const result = await invocation.withClient(({ store }) => store.get({ key, consistency }));
        const { entry } = result;
        if (entry === undefined) throw new AspenError("not_found", `there is no key "${key}"`);
        await invocation.print(getReport(result, entry));
      }),
    );
}

function getReport(result: GetResult, entry: KeyValueEntry): Report {
  return {
    json: { entry: entryJson(entry), ...labelJson(result) },
    table: (view) => entryTable([entry], view),
    raw: () => entry.value,
  };
}
