import type { KeyValueStore, Revision, WatchFilter, WatchRequest } from "@aspenjs/api";
import { Command, Option } from "commander";
import { batchReport } from "../change-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { parseDuration } from "../duration.ts";
import { followUntilInterrupted } from "../following.ts";
import { argument, parseCount } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { keyRangeOf } from "../key-range.ts";
import { UsageError } from "../usage-error.ts";

interface WatchOptions {
  readonly prefix?: string;
  readonly start?: string;
  readonly end?: string;
  readonly all?: boolean;
  readonly from?: Revision;
  readonly prev?: boolean;
  readonly progress?: number;
  readonly count?: number;
}

export function kvWatchCommand(runner: CommandRunner): Command {
  return new Command("watch")
    .summary("follow what happens to keys")
    .description(
      "Prints what happens to keys as it happens, a revision at a time and in order, until Ctrl-C. Goes on by itself,\n" +
        "without a gap, when the node that it asks is lost.",
    )
    .argument("[key]", "one key")
    .addOption(new Option("--prefix <prefix>", "every key that starts with this").conflicts(["start", "end", "all"]))
    .option("--start <key>", "every key from this one on")
    .option("--end <key>", "every key up to this one, without it")
    .addOption(new Option("--all", "every key there is").conflicts(["start", "end"]))
    .option("--from <revision>", "what happened from this revision on, first", argument(parseNumber))
    .option("--prev", "what a key held before, too")
    .option("--progress <duration>", "say so this often while nothing happens", argument(parseDuration))
    .option("--count <n>", "end after so many revisions", argument(parseNumber))
    .addHelpText(
      "after",
      `
A cluster keeps what happened for a while: a revision that is no longer kept ends this with an error that names the
first that is. With -o jsonl each revision is a line.
${examples(
  ["aspen kv watch greeting", "until Ctrl-C"],
  ["aspen kv watch --prefix user/ -o jsonl", "for programs"],
  ["aspen kv watch --all --from 1 --prev", "from the beginning, if it is still kept"],
  ["aspen kv watch job/7 --count 1", "wait for the next change"],
)}`,
    )
    .action((key: string | undefined, options: WatchOptions, command: Command) =>
      runner.run(command, (invocation) => {
        const request = requestOf(key, options);
        return invocation.withClient(({ store }) => follow(invocation, store, request, options.count));
      }),
    );
}

function follow(
  invocation: Invocation,
  store: KeyValueStore,
  request: WatchRequest,
  countMax: number | undefined,
): Promise<void> {
  return followUntilInterrupted(invocation.host, async (signal) => {
    await using watch = await store.watch(request, { signal });
    let count = 0;
    for await (const batch of watch) {
      await invocation.print(batchReport(batch));
      if (batch.changes.length > 0) count += 1;
      if (count === countMax) return;
    }
  });
}

function requestOf(key: string | undefined, { from, prev = false, progress, ...range }: WatchOptions): WatchRequest {
  return {
    filter: filterOf(key, range),
    withPrevious: prev,
    ...(from === undefined ? {} : { fromRevision: from }),
    ...(progress === undefined ? {} : { progressEveryMs: progress }),
  };
}

/** @throws UsageError */
function filterOf(key: string | undefined, { prefix, start, end, all = false }: WatchOptions): WatchFilter {
  const isRange = prefix !== undefined || start !== undefined || end !== undefined || all;
  if (key !== undefined && isRange) throw new UsageError("name a key, or give a range of keys, but not both");
  if (key !== undefined) return { kind: "key", key };
  if (!isRange) throw new UsageError("name a key, or give --prefix, --start and --end, or --all");
  return keyRangeOf(prefix, start, end);
}

/** Of revisions, and of how many. @throws UsageError */
function parseNumber(text: string): number {
  return parseCount(text, 1, Number.MAX_SAFE_INTEGER);
}
