import type { NodeId } from "@aspenjs/api";
import { Command } from "commander";
import { stateReport } from "../cluster-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { argument } from "../global-options.ts";
import { examples } from "../help.ts";
import { parseNodeIds } from "../node-id-text.ts";

interface ChangeMembershipOptions {
  readonly voters: readonly NodeId[];
  readonly retainRemoved?: boolean;
}

export function clusterChangeMembershipCommand(runner: CommandRunner): Command {
  return new Command("change-membership")
    .summary("replace the set of voters")
    .description("Changes the set of voters to any other set of members, by joint consensus.")
    .requiredOption("--voters <ids>", "all voters from now on, with commas between them", argument(parseNodeIds))
    .option("--retain-removed", "former voters stay as learners")
    .addHelpText("after", examples(["aspen cluster change-membership --voters 1,2,4 --retain-removed", ""]))
    .action(({ voters, retainRemoved = false }: ChangeMembershipOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const options = { retainRemovedAsLearners: retainRemoved };
        const state = await invocation.withClient(({ cluster }) => cluster.changeMembership(voters, options));
        await invocation.print(stateReport(state));
      }),
    );
}
