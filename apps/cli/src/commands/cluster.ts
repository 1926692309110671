import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { examples } from "../help.ts";
import { clusterAddLearnerCommand } from "./cluster-add-learner.ts";
import { clusterChangeMembershipCommand } from "./cluster-change-membership.ts";
import { clusterInitCommand } from "./cluster-init.ts";
import { clusterMembersCommand } from "./cluster-members.ts";
import { clusterMetricsCommand } from "./cluster-metrics.ts";
import { clusterPromoteCommand } from "./cluster-promote.ts";
import { clusterRemoveCommand } from "./cluster-remove.ts";
import { clusterSnapshotCommand } from "./cluster-snapshot.ts";
import { clusterStatusCommand } from "./cluster-status.ts";
import { clusterTicketCommand } from "./cluster-ticket.ts";
import { clusterTransferLeaderCommand } from "./cluster-transfer-leader.ts";

export function clusterCommand(runner: CommandRunner): Command {
  const cluster = new Command("cluster")
    .summary("see and change who is in the cluster")
    .description("See and change who is in the cluster. A change resolves when it is committed.")
    .addHelpText("after", examples(["aspen cluster status", ""], ["aspen cluster transfer-leader 2", ""]));
  const builders = [
    clusterStatusCommand,
    clusterMembersCommand,
    clusterInitCommand,
    clusterAddLearnerCommand,
    clusterPromoteCommand,
    clusterChangeMembershipCommand,
    clusterRemoveCommand,
    clusterTransferLeaderCommand,
    clusterSnapshotCommand,
    clusterMetricsCommand,
    clusterTicketCommand,
  ];
  for (const build of builders) cluster.addCommand(build(runner));
  return cluster;
}
