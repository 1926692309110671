import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { limits as apiLimits, unreachable } from "@aspenjs/api";
import { Command, Option } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { formatDuration } from "../duration.ts";
import { EXIT_CODES, exitCodeOf, type ExitCode } from "../exit-code.ts";
import { argument, parseCount } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Host } from "../host.ts";
import { Importer, type ImportOutcome } from "../importer.ts";
import { watchForInterruption } from "../interruption.ts";
import type { Invocation } from "../invocation.ts";
import { limits } from "../limits.ts";
import { readLines, untilAborted } from "../line-reader.ts";
import type { Report } from "../output-format.ts";
import { printable } from "../printable.ts";
import { ProgressDisplay } from "../progress-display.ts";
import { formatCount, ratePerSecond } from "../progress-line.ts";
import { isMissingFile } from "../small-file.ts";
import { UsageError } from "../usage-error.ts";

interface ImportOptions {
  readonly concurrency: number;
  readonly batch: number;
}

interface Source {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly bytesTotal: number | undefined;
}

export function kvImportCommand(runner: CommandRunner): Command {
  return new Command("import")
    .summary("write keys from a file of JSON Lines")
    .description(
      'Writes the pairs of a file, one JSON object on each line: {"key": "…", "value": "…"}, or\n' +
        '{"key": "…", "valueBase64": "…"} for a value that is no text. For a key that is there twice the last line wins.',
    )
    .argument("<file>", "what to read; - is standard input")
    .addOption(
      countOption("--concurrency <n>", "batches on their way at a time", {
        max: limits.importConcurrencyMax,
        initial: limits.importConcurrencyDefault,
      }),
    )
    .addOption(
      countOption("--batch <n>", "pairs in a batch, which is written wholly or not at all", {
        max: apiLimits.batchItemsMax,
        initial: limits.importBatchPairsDefault,
      }),
    )
    .addHelpText(
      "after",
      `
Ctrl-C stops reading, lets what is on its way arrive, and says how far it got. A bad line stops the import in the same
way; importing the mended file again does no harm.
${examples(
  ["aspen kv import users.jsonl", ""],
  ["aspen kv export | aspen kv import - --ticket-file other/ticket", "from one cluster to another"],
)}`,
    )
    .action((file: string, options: ImportOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const source = await openSource(file, invocation.host);
        return importFrom(invocation, source, options);
      }),
    );
}

function countOption(
  flags: string,
  description: string,
  { max, initial }: { readonly max: number; readonly initial: number },
): Option {
  return new Option(flags, description).argParser(argument((text) => parseCount(text, 1, max))).default(initial);
}

async function openSource(file: string, { terminal, workingDirectory }: Host): Promise<Source> {
  if (file === "-") return { name: "standard input", chunks: terminal.input.chunks(), bytesTotal: undefined };
  const path = resolve(workingDirectory, file);
  try {
    const stats = await stat(path);
    return { name: file, chunks: createReadStream(path), bytesTotal: stats.isFile() ? stats.size : undefined };
  } catch (error) {
    if (isMissingFile(error)) throw new UsageError(`there is no file ${file}`);
    throw error;
  }
}

async function importFrom(
  invocation: Invocation,
  { name, chunks, bytesTotal }: Source,
  { concurrency, batch }: ImportOptions,
): Promise<ExitCode> {
  const { host } = invocation;
  const interruption = watchForInterruption(host, () => host.exitNow());
  const { signal } = interruption;
  try {
    return await invocation.withClient(async ({ store }) => {
      const startedAtMs = host.nowMs();
      const importer = new Importer({ store, batchPairs: batch, concurrency, signal });
      const display = new ProgressDisplay(host, () => ({
        pairs: importer.progress.pairsWritten,
        bytes: importer.progress.bytesWrittenThrough,
        bytesTotal,
        elapsedMs: host.nowMs() - startedAtMs,
      }));
      const lines = readLines(untilAborted(chunks, signal), limits.importLineBytesMax);
      const outcome = await importer.run(lines).finally(() => display.end());
      const elapsedMs = host.nowMs() - startedAtMs;
      await invocation.print(importReport(outcome, elapsedMs));
      return explain(invocation, outcome, name);
    });
  } finally {
    interruption.end();
  }
}

/** Says on standard error why the import ended early, if it did. */
function explain(invocation: Invocation, outcome: ImportOutcome, name: string): ExitCode {
  switch (outcome.kind) {
    case "complete":
      return EXIT_CODES.ok;
    case "interrupted":
      invocation.hint(`aspen: interrupted: every line of ${name} up to ${outcome.writtenThrough} is written`);
      return EXIT_CODES.failed;
    case "badLine":
      invocation.hint(`aspen: invalid_request: ${name}:${outcome.line}: ${printable(outcome.reason)}`);
      return EXIT_CODES.failed;
    case "failed":
      invocation.hint(`aspen: ${outcome.error.code}: ${printable(outcome.error.message)}`);
      invocation.hint(`  every line of ${name} up to ${outcome.writtenThrough} is written; later ones may be`);
      return exitCodeOf(outcome.error);
    default:
      return unreachable(outcome);
  }
}

function importReport(outcome: ImportOutcome, elapsedMs: number): Report {
  const { kind, pairsWritten, writtenThrough } = outcome;
  const keysPerSecond = Math.round(ratePerSecond(pairsWritten, elapsedMs));
  return {
    json: { outcome: kind, pairsWritten, writtenThrough, elapsedMs: Math.round(elapsedMs), keysPerSecond },
    table: () =>
      `${formatCount(pairsWritten)} keys written in ${formatDuration(elapsedMs)}, ${formatCount(keysPerSecond)}/s`,
    raw: () => `${pairsWritten}\n`,
  };
}
