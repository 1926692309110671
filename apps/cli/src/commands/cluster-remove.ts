import type { NodeId } from "@aspenjs/api";
import { Command } from "commander";
import { stateReport } from "../cluster-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { argument } from "../global-options.ts";
import { examples } from "../help.ts";
import { parseNodeId } from "../node-id-text.ts";

export function clusterRemoveCommand(runner: CommandRunner): Command {
  return new Command("remove")
    .summary("put a node out of the cluster")
    .description("Removes a node, voter or learner. A leader that is removed finishes the change, then steps down.")
    .argument("<id>", "the node", argument(parseNodeId))
    .addHelpText("after", examples(["aspen cluster remove 3", ""]))
    .action((nodeId: NodeId, _options: object, command: Command) =>
      runner.run(command, async (invocation) => {
        const state = await invocation.withClient(({ cluster }) => cluster.removeNode(nodeId));
        await invocation.print(stateReport(state));
      }),
    );
}
