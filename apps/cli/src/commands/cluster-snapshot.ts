import { Command } from "commander";
import { logIdJson } from "../cluster-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { examples } from "../help.ts";

export function clusterSnapshotCommand(runner: CommandRunner): Command {
  return new Command("snapshot")
    .summary("take a snapshot on one node")
    .description("Takes a snapshot on the node that is asked, and prints the log entry that it covers.")
    .addHelpText("after", examples(["aspen cluster snapshot --endpoint 127.0.0.1:7601", ""]))
    .action((_options: object, command: Command) =>
      runner.run(command, async (invocation) => {
        const logId = await invocation.withClient(({ cluster }) => cluster.triggerSnapshot());
        await invocation.print({
          json: { snapshotLogId: logIdJson(logId) },
          table: () => `snapshot up to index ${logId.index}, term ${logId.term}`,
          raw: () => `${logId.index}\n`,
        });
      }),
    );
}
