import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { examples } from "../help.ts";
import { leaseGrantCommand } from "./lease-grant.ts";
import { leaseKeepAliveCommand } from "./lease-keep-alive.ts";
import { leaseListCommand } from "./lease-list.ts";
import { leaseRevokeCommand } from "./lease-revoke.ts";
import { leaseTtlCommand } from "./lease-ttl.ts";

export function leaseCommand(runner: CommandRunner): Command {
  const lease = new Command("lease")
    .summary("give keys a time to live")
    .description(
      "A lease is a time to live that keys can be bound to: unless it is kept alive it ends, and its keys are deleted,\n" +
        "all at one revision.",
    )
    .addHelpText(
      "after",
      examples(
        ["aspen lease grant 30s", ""],
        ["aspen kv put member/7 here --lease 12", "the key goes when lease 12 ends"],
        ["aspen lease keep-alive 12", "until Ctrl-C"],
      ),
    );
  const builders = [leaseGrantCommand, leaseRevokeCommand, leaseKeepAliveCommand, leaseTtlCommand, leaseListCommand];
  for (const build of builders) lease.addCommand(build(runner));
  return lease;
}
