import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { kvCasCommand } from "./kv-cas.ts";
import { kvDelCommand } from "./kv-del.ts";
import { kvExportCommand } from "./kv-export.ts";
import { kvGetCommand } from "./kv-get.ts";
import { kvImportCommand } from "./kv-import.ts";
import { kvPutCommand } from "./kv-put.ts";
import { kvScanCommand } from "./kv-scan.ts";
import { kvTxnCommand } from "./kv-txn.ts";
import { kvWatchCommand } from "./kv-watch.ts";
import { examples } from "../help.ts";

export function kvCommand(runner: CommandRunner): Command {
  const kv = new Command("kv")
    .summary("read and write keys")
    .description("Read and write keys. A key is text of 1 to 1,024 bytes, a value is 0 to 1 MiB of any bytes.")
    .addHelpText(
      "after",
      examples(
        ["aspen kv put greeting hello", ""],
        ["aspen kv get greeting -o raw", "the bare value"],
        ["aspen kv scan user/ --keys-only", ""],
        ["aspen kv put -- -key -value", "what starts with a dash comes after --"],
      ),
    );
  const builders = [
    kvGetCommand,
    kvPutCommand,
    kvDelCommand,
    kvScanCommand,
    kvCasCommand,
    kvTxnCommand,
    kvWatchCommand,
    kvImportCommand,
    kvExportCommand,
  ];
  for (const build of builders) kv.addCommand(build(runner));
  return kv;
}
