import { AspenError, type GetLeaseResult, type LeaseId, type LeaseStatus, type ReadConsistency } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { formatDuration } from "../duration.ts";
import { labelJson } from "../entry-view.ts";
import { argument, consistencyOption } from "../global-options.ts";
import { examples } from "../help.ts";
import { leaseIdText, parseLeaseId } from "../lease-text.ts";
import { leaseJson } from "../lease-view.ts";
import { limits } from "../limits.ts";
import type { Report } from "../output-format.ts";
import { printable } from "../printable.ts";
import { formatCount } from "../progress-line.ts";
import { formatFields } from "../table.ts";

interface TtlOptions {
  readonly keys?: boolean;
  readonly consistency: ReadConsistency;
}

export function leaseTtlCommand(runner: CommandRunner): Command {
  return new Command("ttl")
    .summary("print how long a lease has left")
    .description(
      "Prints how long a lease was granted for and how much of that is left. Ends with 3 when it is not there.",
    )
    .argument("<id>", "the lease", argument(parseLeaseId))
    .option("--keys", `name the keys that are bound to it, the first ${formatCount(limits.leaseKeysMax)}`)
    .addOption(consistencyOption())
    .addHelpText(
      "after",
      examples(
        ["aspen lease ttl 12", ""],
        ["aspen lease ttl 12 --keys", ""],
        ["aspen lease ttl 12 -o raw", "the bare milliseconds that are left"],
      ),
    )
    .action((leaseId: LeaseId, { keys = false, consistency }: TtlOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const request = { leaseId, keysLimit: keys ? limits.leaseKeysMax : 0, consistency };
        const result = await invocation.withClient(({ store }) => store.getLease(request));
        const { lease, keyCount } = result;
        if (lease === undefined) throw new AspenError("not_found", `there is no lease ${leaseIdText(leaseId)}`);
        await invocation.print(ttlReport(result, lease, keys));
        if (keys && result.keys.length < keyCount) {
          invocation.hint(`the first ${formatCount(result.keys.length)} of ${formatCount(keyCount)} keys`);
        }
      }),
    );
}

function ttlReport(result: GetLeaseResult, lease: LeaseStatus, showsKeys: boolean): Report {
  const { keyCount, keys } = result;
  const { leaseId, ttlMs, remainingMs } = lease;
  return {
    json: { ...leaseJson(lease), keyCount, ...(showsKeys ? { keys } : {}), ...labelJson(result) },
    table: ({ style }) => {
      const fields = formatFields(
        [
          ["lease", leaseIdText(leaseId)],
          ["granted", formatDuration(ttlMs)],
          ["left", formatDuration(remainingMs)],
          ["keys", String(keyCount)],
        ],
        style,
      );
      return [fields, ...keys.map((key) => `  ${printable(key)}`)].join("\n");
    },
    raw: () => (showsKeys ? keys.map((key) => `${key}\n`).join("") : `${Math.floor(remainingMs)}\n`),
  };
}
