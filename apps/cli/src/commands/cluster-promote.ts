import type { NodeId } from "@aspenjs/api";
import { Command } from "commander";
import { stateReport } from "../cluster-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { argument } from "../global-options.ts";
import { examples } from "../help.ts";
import { parseNodeId } from "../node-id-text.ts";

interface PromoteOptions {
  readonly replace?: NodeId;
  readonly force?: boolean;
}

export function clusterPromoteCommand(runner: CommandRunner): Command {
  return new Command("promote")
    .summary("give a learner a vote")
    .description("Makes a learner a voter, once it has caught up and is healthy.")
    .argument("<id>", "the learner", argument(parseNodeId))
    .option("--replace <id>", "a voter that leaves in the same change", argument(parseNodeId))
    .option("--force", "whatever its lag and health; never what would put data at risk")
    .addHelpText("after", examples(["aspen cluster promote 4", ""], ["aspen cluster promote 4 --replace 2", ""]))
    .action((nodeId: NodeId, { replace, force = false }: PromoteOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const options = replace === undefined ? { force } : { force, replace };
        const state = await invocation.withClient(({ cluster }) => cluster.promoteLearner(nodeId, options));
        await invocation.print(stateReport(state));
      }),
    );
}
