import type { LogBatch, LogIndex, LogSubscriptionRequest, ReplicatedLog } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { parseDuration } from "../duration.ts";
import { followUntilInterrupted } from "../following.ts";
import { argument, parseCount } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { logBatchReport } from "../log/batch-view.ts";

interface TailOptions {
  readonly from?: LogIndex;
  readonly prefix?: readonly string[];
  readonly progress?: number;
  readonly count?: number;
}

export function logTailCommand(runner: CommandRunner): Command {
  return new Command("tail")
    .summary("follow what is committed")
    .description(
      "Prints the entries of the log as they are committed, in order, until Ctrl-C. Goes on by itself, without a gap,\n" +
        "when the node that it asks is lost.",
    )
    .option("--from <index>", "entries from this index on, first", argument(parseNumber))
    .option("--prefix <prefix...>", "only what is said of keys that start with one of these")
    .option("--progress <duration>", "say so this often while nothing happens", argument(parseDuration))
    .option("--count <n>", "end after so many entries", argument(parseNumber))
    .addHelpText(
      "after",
      `
An entry is what was asked for: whether its conditions held was decided later, and kv watch tells what came of it. An
index that no node has in its log any more ends this with an error that names the first that one has. With -o jsonl each
entry is a line.
${examples(
  ["aspen log tail", "until Ctrl-C"],
  ["aspen log tail --from 1 -o jsonl", "for programs, from the beginning"],
  ["aspen log tail --prefix user/ --prefix job/", "and nothing of any other key"],
)}`,
    )
    .action((options: TailOptions, command: Command) =>
      runner.run(command, (invocation) =>
        invocation.withClient(({ log }) => tail(invocation, log, requestOf(options), options.count)),
      ),
    );
}

function tail(
  invocation: Invocation,
  log: ReplicatedLog,
  request: LogSubscriptionRequest,
  countMax = Number.MAX_SAFE_INTEGER,
): Promise<void> {
  return followUntilInterrupted(invocation.host, async (signal) => {
    await using subscription = await log.subscribe(request, { signal });
    let count = 0;
    for await (const batch of subscription) {
      const shown = firstOf(batch, countMax - count);
      await invocation.print(logBatchReport(shown));
      count += shown.records.length;
      if (count === countMax) return;
    }
  });
}

function firstOf(batch: LogBatch, count: number): LogBatch {
  const last = batch.records[count - 1];
  if (last === undefined) return batch;
  return { ...batch, records: batch.records.slice(0, count), throughIndex: last.index };
}

function requestOf({ from, prefix, progress }: TailOptions): LogSubscriptionRequest {
  return {
    ...(from === undefined ? {} : { fromIndex: from }),
    ...(prefix === undefined ? {} : { keyPrefixes: prefix }),
    ...(progress === undefined ? {} : { progressEveryMs: progress }),
  };
}

/** Of entries, and of how many. @throws UsageError */
function parseNumber(text: string): number {
  return parseCount(text, 1, Number.MAX_SAFE_INTEGER);
}
