import type { LeaseGrantResult, LeaseId } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { formatDuration } from "../duration.ts";
import { argument } from "../global-options.ts";
import { examples } from "../help.ts";
import { leaseIdText, parseLeaseId, parseTimeToLive } from "../lease-text.ts";
import type { Report } from "../output-format.ts";

interface GrantOptions {
  readonly id?: LeaseId;
}

export function leaseGrantCommand(runner: CommandRunner): Command {
  return new Command("grant")
    .summary("make a lease")
    .description("Makes a lease that ends after this time, unless it is kept alive. Ends with 3 when its id is taken.")
    .argument("<ttl>", "its time to live, from 100ms to 3660d", argument(parseTimeToLive))
    .option("--id <id>", "its id; the cluster chooses one without it", argument(parseLeaseId))
    .addHelpText(
      "after",
      examples(
        ["aspen lease grant 30s", ""],
        ["aspen lease grant 1h --id 4711", ""],
        ["lease=$(aspen lease grant 30s -o raw)", "the bare id, for scripts"],
      ),
    )
    .action((ttlMs: number, { id }: GrantOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const grant = { kind: "leaseGrant", ttlMs, ...(id === undefined ? {} : { leaseId: id }) } as const;
        await invocation.print(grantReport(await invocation.withClient(({ store }) => store.write(grant))));
      }),
    );
}

function grantReport({ leaseId, ttlMs, revision }: LeaseGrantResult): Report {
  const id = leaseIdText(leaseId);
  return {
    json: { leaseId: id, ttlMs, revision },
    table: () => `lease ${id} granted for ${formatDuration(ttlMs)}`,
    raw: () => `${id}\n`,
  };
}
