import { Command } from "commander";
import { stateReport } from "../cluster-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { examples } from "../help.ts";

export function clusterMembersCommand(runner: CommandRunner): Command {
  return new Command("members")
    .summary("list the members")
    .description("Lists the members with their peer ids and addresses, as one node knows them.")
    .addHelpText(
      "after",
      examples(["aspen cluster members", ""], ["aspen cluster members -o jsonl", "one on each line"]),
    )
    .action((_options: object, command: Command) =>
      runner.run(command, async (invocation) => {
        const state = await invocation.withClient(({ cluster }) => cluster.currentState());
        await invocation.print(stateReport(state));
      }),
    );
}
