import type { LeaseId, LeaseRevokeResult } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { argument } from "../global-options.ts";
import { examples } from "../help.ts";
import { leaseIdText, parseLeaseId } from "../lease-text.ts";
import type { Report } from "../output-format.ts";

export function leaseRevokeCommand(runner: CommandRunner): Command {
  return new Command("revoke")
    .summary("end a lease now")
    .description("Ends a lease and deletes its keys, at one revision. Revoking what is not there succeeds and says so.")
    .argument("<id>", "the lease", argument(parseLeaseId))
    .addHelpText("after", examples(["aspen lease revoke 12", ""]))
    .action((leaseId: LeaseId, _options: object, command: Command) =>
      runner.run(command, async (invocation) => {
        const result = await invocation.withClient(({ store }) => store.write({ kind: "leaseRevoke", leaseId }));
        await invocation.print(revokeReport(leaseId, result));
      }),
    );
}

function revokeReport(leaseId: LeaseId, { wasGranted, deletedCount, revision }: LeaseRevokeResult): Report {
  const id = leaseIdText(leaseId);
  return {
    json: { leaseId: id, wasGranted, deletedCount, revision },
    table: () =>
      wasGranted
        ? `lease ${id} revoked; ${deletedCount} ${deletedCount === 1 ? "key" : "keys"} deleted; revision ${revision}`
        : `there is no lease ${id}; nothing deleted; revision ${revision}`,
    raw: () => `${deletedCount}\n`,
  };
}
