import type { KeyValueStore, LeaseStatus, ListLeasesResult, ReadConsistency } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { formatDuration } from "../duration.ts";
import { labelJson } from "../entry-view.ts";
import { consistencyOption } from "../global-options.ts";
import { examples } from "../help.ts";
import { leaseIdText } from "../lease-text.ts";
import { leaseJson } from "../lease-view.ts";
import { limits } from "../limits.ts";
import type { Report } from "../output-format.ts";
import { formatTable, type Column } from "../table.ts";

interface ListOptions {
  readonly consistency: ReadConsistency;
}

interface AllLeases {
  readonly leases: readonly LeaseStatus[];
  /** The last page. */
  readonly last: ListLeasesResult;
}

const COLUMNS: readonly Column[] = [
  { heading: "LEASE", align: "right" },
  { heading: "GRANTED", align: "right" },
  { heading: "LEFT", align: "right" },
];

export function leaseListCommand(runner: CommandRunner): Command {
  return new Command("list")
    .summary("list the leases")
    .description("Lists all leases in the order of their ids, those that keys have of their own included.")
    .addOption(consistencyOption())
    .addHelpText(
      "after",
      `
More than ${limits.leasePageEntries} leases are read page by page, each at its own time.
${examples(["aspen lease list", ""], ["aspen lease list -o raw", "one id on each line"])}`,
    )
    .action(({ consistency }: ListOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const all = await invocation.withClient(({ store }) => readLeases(store, consistency));
        await invocation.print(listReport(all));
      }),
    );
}

async function readLeases(store: KeyValueStore, consistency: ReadConsistency): Promise<AllLeases> {
  const leases: LeaseStatus[] = [];
  for (;;) {
    const after = leases.at(-1)?.leaseId ?? 0;
    const last = await store.listLeases({ after, limit: limits.leasePageEntries, consistency });
    leases.push(...last.leases);
    if (!last.isTruncated || last.leases.length === 0) return { leases, last };
  }
}

function listReport({ leases, last }: AllLeases): Report {
  const lines = leases.map((lease) => leaseJson(lease));
  return {
    json: { leases: lines, ...labelJson(last) },
    jsonLines: lines,
    table: ({ style }) => {
      const rows = leases.map(({ leaseId, ttlMs, remainingMs }) => [
        leaseIdText(leaseId),
        formatDuration(ttlMs),
        formatDuration(remainingMs),
      ]);
      return formatTable(COLUMNS, rows, { style });
    },
    raw: () => leases.map(({ leaseId }) => `${leaseIdText(leaseId)}\n`).join(""),
  };
}
