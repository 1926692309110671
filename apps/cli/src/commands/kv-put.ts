import type { SetResult } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { entryJson, entryTable } from "../entry-view.ts";
import { examples } from "../help.ts";
import type { Report } from "../output-format.ts";
import { readValue } from "../value-input.ts";

interface PutOptions {
  readonly prev?: boolean;
}

export function kvPutCommand(runner: CommandRunner): Command {
  return new Command("put")
    .summary("set the value of a key")
    .description("Sets the value of a key. Without a value, or with -, the value is read from standard input.")
    .argument("<key>", "the key")
    .argument("[value]", "its value; - reads standard input, every byte of it")
    .option("--prev", "print what was there before")
    .addHelpText(
      "after",
      examples(
        ["aspen kv put greeting hello", ""],
        ["aspen kv put photo < photo.jpg", ""],
        ["aspen kv put greeting hi --prev -o json", ""],
        ["aspen kv put -- -key -value", "what starts with a dash comes after --"],
      ),
    )
    .action((key: string, text: string | undefined, { prev = false }: PutOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const value = await readValue(text, invocation.host);
        const set = { kind: "set", key, value, returnPrevious: prev } as const;
        const result = await invocation.withClient(({ store }) => store.write(set));
        await invocation.print(putReport(result, prev));
      }),
    );
}

function putReport({ revision, previous }: SetResult, showsPrevious: boolean): Report {
  const before = previous === undefined ? null : entryJson(previous);
  return {
    json: { revision, ...(showsPrevious ? { previous: before } : {}) },
    table: (view) => {
      const done = `revision ${revision}`;
      if (!showsPrevious) return done;
      return previous === undefined ? `${done}; the key is new` : `${done}; before:\n${entryTable([previous], view)}`;
    },
    raw: () => (showsPrevious ? (previous?.value ?? "") : `${revision}\n`),
  };
}
