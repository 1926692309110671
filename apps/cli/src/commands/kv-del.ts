import { AspenError, limits as apiLimits, type DeleteResult, type KeyRange, type KeyValueStore } from "@aspenjs/api";
import { Command, Option } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { entryJson, entryTable } from "../entry-view.ts";
import { EXIT_CODES, type ExitCode } from "../exit-code.ts";
import { examples } from "../help.ts";
import { watchForInterruption } from "../interruption.ts";
import type { Invocation } from "../invocation.ts";
import { keyRangeOf } from "../key-range.ts";
import { limits } from "../limits.ts";
import type { Report } from "../output-format.ts";
import { ProgressDisplay } from "../progress-display.ts";
import { formatCount } from "../progress-line.ts";
import { RangeDeletion, type RangeDeletionProgress } from "../range-deletion.ts";
import { UsageError } from "../usage-error.ts";

interface DelOptions {
  readonly prev?: boolean;
  readonly prefix?: string;
  readonly start?: string;
  readonly end?: string;
  readonly all?: boolean;
  readonly inParts?: boolean;
}

export function kvDelCommand(runner: CommandRunner): Command {
  return new Command("del")
    .summary("delete keys")
    .description(
      "Deletes keys, or a whole range of them, at one revision. Deleting what is not there succeeds and counts 0.",
    )
    .argument("[key...]", "the keys, each once")
    .addOption(new Option("--prefix <prefix>", "every key that starts with this").conflicts(["start", "end", "all"]))
    .option("--start <key>", "every key from this one on")
    .option("--end <key>", "every key up to this one, without it")
    .addOption(new Option("--all", "every key there is").conflicts(["start", "end"]))
    .addOption(
      new Option("--in-parts", `${formatCount(limits.deletePartKeys)} keys at a time, each part by itself`).conflicts(
        "prev",
      ),
    )
    .option("--prev", "print what was deleted")
    .addHelpText(
      "after",
      `
One command deletes at most ${formatCount(apiLimits.changedKeysMax)} keys. A range that holds more needs --in-parts, which is not atomic: others
see some of the keys gone and some not, and Ctrl-C or a failure leaves the rest. Giving the command again goes on.
${examples(
  ["aspen kv del greeting", ""],
  ["aspen kv del a b c --prev", ""],
  ["aspen kv del --prefix session/", "all of them, or none"],
  ["aspen kv del --start log/2024 --end log/2025 --in-parts", "however many there are"],
)}`,
    )
    .action((keys: readonly string[], options: DelOptions, command: Command) =>
      runner.run(command, (invocation) => {
        const range = wantedRange(keys, options);
        if (range !== undefined && options.inParts === true) return deleteInParts(invocation, range);
        return deleteAtOnce(invocation, range ?? keys, options.prev ?? false);
      }),
    );
}

/** `undefined` when keys are named one by one. @throws UsageError */
function wantedRange(keys: readonly string[], options: DelOptions): KeyRange | undefined {
  const { prefix, start, end, all = false, inParts = false } = options;
  if (prefix === undefined && start === undefined && end === undefined && !all) {
    if (keys.length === 0) throw new UsageError("name the keys, or give --prefix, --start and --end, or --all");
    if (inParts) throw new UsageError("--in-parts goes with --prefix, --start and --end, or --all");
    return undefined;
  }
  if (keys.length > 0) throw new UsageError("name the keys or give a range, but not both");
  if (all) return { kind: "prefix", prefix: "" };
  // As likely a variable of the shell that holds nothing.
  if (prefix === "" || (start === "" && end === undefined)) {
    throw new UsageError("an empty text stands for every key there is; if they are meant, say --all");
  }
  return keyRangeOf(prefix, start, end);
}

async function deleteAtOnce(
  invocation: Invocation,
  target: KeyRange | readonly string[],
  returnPrevious: boolean,
): Promise<void> {
  const result = await invocation.withClient(({ store }) =>
    "kind" in target
      ? deleteRange(store, target, returnPrevious)
      : store.write({ kind: "deleteMulti", keys: target, returnPrevious }),
  );
  await invocation.print(delReport(result));
}

async function deleteRange(store: KeyValueStore, range: KeyRange, returnPrevious: boolean): Promise<DeleteResult> {
  try {
    return await store.write({ kind: "deleteRange", range, returnPrevious });
  } catch (error) {
    if (!AspenError.isCode(error, "batch_too_large")) throw error;
    throw new AspenError("batch_too_large", `${tooMuchText(returnPrevious)}; --in-parts deletes them part by part`, {
      details: error.details,
      cause: error,
    });
  }
}

function tooMuchText(returnPrevious: boolean): string {
  const keys = `more than ${formatCount(apiLimits.changedKeysMax)} keys`;
  const mebibytes = apiLimits.resultBytesMax / 1_048_576;
  return returnPrevious
    ? `the range holds ${keys}, or more than the ${mebibytes} MiB that --prev may print, and nothing was deleted`
    : `the range holds ${keys}, more than one command may delete, and nothing was deleted`;
}

async function deleteInParts(invocation: Invocation, range: KeyRange): Promise<ExitCode> {
  const { host } = invocation;
  const interruption = watchForInterruption(host, () => host.exitNow());
  try {
    return await invocation.withClient(async ({ store }) => {
      const startedAtMs = host.nowMs();
      const deletion = new RangeDeletion({ store, range, signal: interruption.signal });
      const display = new ProgressDisplay(host, () => ({
        pairs: deletion.progress.deletedCount,
        bytes: 0,
        bytesTotal: undefined,
        elapsedMs: host.nowMs() - startedAtMs,
      }));
      try {
        const outcome = await deletion.run().finally(() => display.end());
        await invocation.print(partsReport(outcome));
        if (!outcome.isInterrupted) return EXIT_CODES.ok;
        invocation.hint("aspen: interrupted: the rest of the range is still there");
        return EXIT_CODES.failed;
      } catch (error) {
        invocation.hint(`${deletion.progress.deletedCount} keys are deleted; the same command goes on from there`);
        throw error;
      }
    });
  } finally {
    interruption.end();
  }
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

function partsReport({ deletedCount, parts, revision }: RangeDeletionProgress): Report {
  return {
    json: { deletedCount, parts, revision },
    table: () => `${deletedCount} deleted in ${parts} ${parts === 1 ? "part" : "parts"}; revision ${revision}`,
    raw: () => `${deletedCount}\n`,
  };
}
