import { resolve } from "node:path";
import type { NodeRecord } from "@aspenjs/api";
import { Command } from "commander";
import { stateReport } from "../cluster-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { argument } from "../global-options.ts";
import { examples } from "../help.ts";
import { parseMember, readNodeFile, recordOf } from "../member-text.ts";
import { UsageError } from "../usage-error.ts";

interface AddLearnerOptions {
  readonly nodeFile?: string;
  readonly wait?: boolean;
}

export function clusterAddLearnerCommand(runner: CommandRunner): Command {
  return new Command("add-learner")
    .summary("take in a node that only listens")
    .description(
      "Takes in a node as a learner: it gets all data and has no vote. It must run and hold the cluster secret.",
    )
    .argument("[ID=PEERID@ADDRESS]", "the node; further addresses behind commas", argument(parseMember))
    .option("--node-file <file>", "the node, from the node.json in its data directory")
    .option("--wait", "until it has caught up")
    .addHelpText("after", examples(["aspen cluster add-learner --node-file 4/node.json --wait --deadline 5m", ""]))
    .action((member: NodeRecord | undefined, options: AddLearnerOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const node = await readMember(member, options, invocation.host.workingDirectory);
        const waitForCatchUp = options.wait === true;
        const state = await invocation.withClient(({ cluster }) => cluster.addLearner(node, { waitForCatchUp }));
        await invocation.print(stateReport(state));
      }),
    );
}

async function readMember(
  member: NodeRecord | undefined,
  { nodeFile }: AddLearnerOptions,
  workingDirectory: string,
): Promise<NodeRecord> {
  if (member !== undefined && nodeFile === undefined) return member;
  if (member === undefined && nodeFile !== undefined) {
    return recordOf(await readNodeFile(resolve(workingDirectory, nodeFile)));
  }
  throw new UsageError("name one node: ID=PEERID@ADDRESS or --node-file FILE");
}
