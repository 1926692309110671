import type { DeleteResult } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { entryJson, entryTable } from "../entry-view.ts";
import { examples } from "../help.ts";
import type { Report } from "../output-format.ts";

interface DelOptions {
  readonly prev?: boolean;
}

export function kvDelCommand(runner: CommandRunner): Command {
  return new Command("del")
    .summary("delete keys")
    .description("Deletes keys, all of them or none. Deleting what is not there succeeds and counts 0.")
    .argument("<key...>", "the keys, each once")
    .option("--prev", "print what was deleted")
    .addHelpText("after", examples(["aspen kv del greeting", ""], ["aspen kv del a b c --prev", ""]))
    .action((keys: readonly string[], { prev = false }: DelOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const result = await invocation.withClient(({ store }) =>
          store.write({ kind: "deleteMulti", keys, returnPrevious: prev }),
        );
        await invocation.print(delReport(result));
      }),
    );
}

function delReport({ revision, deletedCount, previous }: DeleteResult): Report {
  return {
    json: {
      deletedCount,
      revision,
      ...(previous === undefined ? {} : { previous: previous.map((entry) => entryJson(entry)) }),
    },
    table: (view) => {
      const done = `${deletedCount} deleted; revision ${revision}`;
      return previous === undefined || previous.length === 0 ? done : `${done}\n${entryTable(previous, view)}`;
    },
    raw: () => `${deletedCount}\n`,
  };
}
