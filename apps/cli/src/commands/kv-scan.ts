import {
  assert,
  type KeyRange,
  type KeyValueStore,
  type ReadConsistency,
  type ReadFallback,
  type ReadOptions,
  type ScanResult,
} from "@aspenjs/api";
import { Command, Option } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { labelJson } from "../entry-view.ts";
import { argument, consistencyOption, fallbackOption, parseCount } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { keyRangeOf } from "../key-range.ts";
import { limits } from "../limits.ts";
import { ScanPrinter } from "../scan-printer.ts";
import { hintIfStale } from "../stale-hint.ts";

interface ScanOptions {
  readonly start?: string;
  readonly end?: string;
  readonly limit: number;
  readonly all?: boolean;
  readonly reverse?: boolean;
  readonly keysOnly?: boolean;
  readonly count?: boolean;
  readonly consistency: ReadConsistency;
  readonly fallback?: ReadFallback;
}

export function kvScanCommand(runner: CommandRunner): Command {
  return new Command("scan")
    .summary("list keys in order")
    .description("Lists keys with their values, in the order of their UTF-8 bytes.")
    .argument("[prefix]", "keys that start with this; every key without it")
    .option("--start <key>", "from this key on")
    .option("--end <key>", "up to this key, without it")
    .addOption(
      new Option("--limit <n>", "at most so many")
        .argParser(argument((text) => parseCount(text, 1, Number.MAX_SAFE_INTEGER)))
        .default(limits.scanPageEntries),
    )
    .addOption(new Option("--all", "as many as there are").conflicts("limit"))
    .option("--reverse", "last key first")
    .option("--keys-only", "without values")
    .addOption(new Option("--count", "only how many there are").conflicts(["limit", "all", "keysOnly", "reverse"]))
    .addOption(consistencyOption())
    .addOption(fallbackOption())
    .addHelpText(
      "after",
      `
A scan of more than one page reads each page at its own time: keys that change meanwhile show as they are then.
${examples(
  ["aspen kv scan user/", "the first 1,000"],
  ["aspen kv scan user/ --all --keys-only -o raw", "one key on each line"],
  ["aspen kv scan --start a --end b", ""],
  ["aspen kv scan log/ --reverse --limit 1", "the last one"],
  ["aspen kv scan user/ --count", ""],
)}`,
    )
    .action((prefix: string | undefined, options: ScanOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const range = keyRangeOf(prefix, options.start, options.end);
        await invocation.withClient(({ store }) =>
          options.count === true ? count(invocation, store, range, options) : scan(invocation, store, range, options),
        );
      }),
    );
}

async function count(
  invocation: Invocation,
  store: KeyValueStore,
  range: KeyRange,
  options: ScanOptions,
): Promise<void> {
  const result = await store.scan({ range, limit: 0, ...readOptionsOf(options) });
  hintIfStale(invocation, options.consistency, result);
  await invocation.print({
    json: { count: result.count, ...labelJson(result) },
    table: () => String(result.count),
    raw: () => `${result.count}\n`,
  });
}

async function scan(
  invocation: Invocation,
  store: KeyValueStore,
  range: KeyRange,
  options: ScanOptions,
): Promise<void> {
  const { reverse = false, keysOnly = false } = options;
  const printer = new ScanPrinter({ host: invocation.host, format: invocation.options.output, keysOnly });
  const wanted = options.all === true ? Number.POSITIVE_INFINITY : options.limit;
  let count = 0;
  let last: ScanResult | undefined;
  let stale: ScanResult | undefined;
  do {
    const limit = Math.min(limits.scanPageEntries, wanted - count);
    const continuation = last?.continuation;
    const request = { range, limit, reverse, keysOnly, ...readOptionsOf(options) };
    last = await store.scan(continuation === undefined ? request : { ...request, continuation });
    if (last.consistency === "stale") stale ??= last;
    count += last.entries.length;
    await printer.page(last.entries);
  } while (last.continuation !== undefined && count < wanted);
  assert(count <= wanted, "a scan gives no more than was asked for");
  // The whole is worth no more than the least of its pages.
  const label = stale ?? last;
  await printer.end({ count, isTruncated: last.isTruncated, label });
  hintIfStale(invocation, options.consistency, label);
}

function readOptionsOf({ consistency, fallback }: ScanOptions): ReadOptions {
  return fallback === undefined ? { consistency } : { consistency, fallback };
}
