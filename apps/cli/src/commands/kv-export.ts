import { resolve } from "node:path";
import type { ReadConsistency } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { exportRecords } from "../exporter.ts";
import { openExportFile } from "../export-file.ts";
import { consistencyOption } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { ProgressDisplay } from "../progress-display.ts";
import { formatCount } from "../progress-line.ts";

interface ExportCommandOptions {
  readonly consistency: ReadConsistency;
}

export function kvExportCommand(runner: CommandRunner): Command {
  return new Command("export")
    .summary("write keys to a file of JSON Lines")
    .description(
      "Writes every pair under a prefix as a line of JSON, in the order of the keys' bytes. The same pairs always give\n" +
        "the same bytes, so exports can be compared, and an import of one gives the same pairs back.",
    )
    .argument("[prefix]", 'keys that start with this; "" and nothing stand for every key')
    .argument("[file]", "where to write; - and nothing stand for standard output")
    .addOption(consistencyOption())
    .addHelpText(
      "after",
      `
Each page of the export is read at its own time: keys that change meanwhile show as they are then.
${examples(
  ["aspen kv export > all.jsonl", ""],
  ["aspen kv export user/ users.jsonl", "the file is there when it is whole"],
  ['aspen kv export "" all.jsonl --endpoint 127.0.0.1:7602', "as this node sees it"],
)}`,
    )
    .action(
      (prefix: string | undefined, file: string | undefined, { consistency }: ExportCommandOptions, command: Command) =>
        runner.run(command, (invocation) => exportTo(invocation, prefix ?? "", file ?? "-", consistency)),
    );
}

async function exportTo(
  invocation: Invocation,
  prefix: string,
  file: string,
  consistency: ReadConsistency,
): Promise<void> {
  const { host } = invocation;
  const { output, errors } = host.terminal;
  const pairs = await invocation.withClient(async ({ store }) => {
    const startedAtMs = host.nowMs();
    let pairsRead = 0;
    const target = file === "-" ? undefined : await openExportFile(resolve(host.workingDirectory, file));
    const display = new ProgressDisplay(host, () => ({
      pairs: pairsRead,
      bytes: 0,
      bytesTotal: undefined,
      elapsedMs: host.nowMs() - startedAtMs,
    }));
    try {
      for await (const chunk of exportRecords({ store, prefix, consistency })) {
        await (target === undefined ? output.write(chunk.text) : target.write(chunk.text));
        pairsRead += chunk.pairs;
      }
      await target?.finish();
    } catch (error) {
      await target?.discard();
      throw error;
    } finally {
      display.end();
    }
    return pairsRead;
  });
  await errors.write(`${formatCount(pairs)} keys exported${file === "-" ? "" : ` to ${file}`}\n`);
}
