import type { LeaseId, SetResult } from "@aspenjs/api";
import { Command, Option } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { entryJson, entryTable } from "../entry-view.ts";
import { argument } from "../global-options.ts";
import { examples } from "../help.ts";
import { parseLeaseId, parseTimeToLive } from "../lease-text.ts";
import type { Report } from "../output-format.ts";
import { readValue } from "../value-input.ts";

interface PutOptions {
  readonly prev?: boolean;
  readonly lease?: LeaseId;
  readonly ttl?: number;
}

export function kvPutCommand(runner: CommandRunner): Command {
  return new Command("put")
    .summary("set the value of a key")
    .description("Sets the value of a key. Without a value, or with -, the value is read from standard input.")
    .argument("<key>", "the key")
    .argument("[value]", "its value; - reads standard input, every byte of it")
    .option("--prev", "print what was there before")
    .addOption(
      new Option("--lease <id>", "delete the key when this lease ends")
        .argParser(argument(parseLeaseId))
        .conflicts("ttl"),
    )
    .option("--ttl <duration>", "delete the key after this time, such as 30s", argument(parseTimeToLive))
    .addHelpText(
      "after",
      `
Without --lease and --ttl the key stays until it is deleted, whatever it was bound to before.
${examples(
  ["aspen kv put greeting hello", ""],
  ["aspen kv put photo < photo.jpg", ""],
  ["aspen kv put greeting hi --prev -o json", ""],
  ["aspen kv put session/7 open --ttl 30s", "unless it is put again, it is gone after that"],
  ["aspen kv put member/7 here --lease 12", 'what "aspen lease grant" has printed'],
  ["aspen kv put -- -key -value", "what starts with a dash comes after --"],
)}`,
    )
    .action((key: string, text: string | undefined, { prev = false, lease, ttl }: PutOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const value = await readValue(text, invocation.host);
        const binding = {
          ...(lease === undefined ? {} : { leaseId: lease }),
          ...(ttl === undefined ? {} : { ttlMs: ttl }),
        };
        const set = { kind: "set", key, value, returnPrevious: prev, ...binding } as const;
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
