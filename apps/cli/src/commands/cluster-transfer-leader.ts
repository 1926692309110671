import type { NodeId } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { argument } from "../global-options.ts";
import { examples } from "../help.ts";
import { nodeIdText, parseNodeId } from "../node-id-text.ts";

export function clusterTransferLeaderCommand(runner: CommandRunner): Command {
  return new Command("transfer-leader")
    .summary("hand leadership to another voter")
    .description("Hands leadership to the named voter, or to the one that is most up to date, and prints who leads.")
    .argument("[id]", "the next leader", argument(parseNodeId))
    .addHelpText("after", examples(["aspen cluster transfer-leader", ""], ["aspen cluster transfer-leader 2", ""]))
    .action((nodeId: NodeId | undefined, _options: object, command: Command) =>
      runner.run(command, async (invocation) => {
        const leader = nodeIdText(await invocation.withClient(({ cluster }) => cluster.transferLeadership(nodeId)));
        await invocation.print({
          json: { leader },
          table: () => `node ${leader} leads`,
          raw: () => `${leader}\n`,
        });
      }),
    );
}
