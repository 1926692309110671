import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { EXIT_CODES, type ExitCode } from "../exit-code.ts";
import { argument, parseCount } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { Interruption } from "../interruption.ts";
import { limits } from "../limits.ts";
import { DATA_DIRECTORY_DEFAULT } from "../ticket-source.ts";

interface UpOptions {
  readonly nodes?: number;
  readonly data: string;
  readonly port?: number;
  readonly once?: boolean;
}

export function upCommand(runner: CommandRunner): Command {
  return new Command("up")
    .summary("run a cluster on this machine")
    .description(
      "Runs a cluster of nodes on this machine, in the foreground. The first start makes it, later ones go on from\n" +
        "where it was. A node that dies is started again. Ctrl-C stops all nodes cleanly, twice is at once.",
    )
    .option(
      "--nodes <n>",
      `how many, 1 to ${limits.upNodesMax} (default: ${limits.upNodesDefault}, or as many as there are)`,
      argument((text) => parseCount(text, 1, limits.upNodesMax)),
    )
    .option("--data <directory>", "keys, logs and state of the nodes, and the ticket", DATA_DIRECTORY_DEFAULT)
    .option(
      "--port <port>",
      `the first port to try on a first start (default: ${limits.upPortDefault})`,
      argument((text) => parseCount(text, 1_024, 65_000)),
    )
    .addOption(
      new Option(
        "--once",
        "prove it and end: import real data, kill the leader half-way, read everything back from each node",
      ).conflicts("data"),
    )
    .addHelpText(
      "after",
      examples(
        ["aspen up", "three nodes, kept in .aspen"],
        ["aspen up --nodes 5 --data /tmp/five --port 7700", ""],
        ["aspen up --once", "in a directory that is removed again; ends with 0 when all is well"],
      ),
    )
    .action((options: UpOptions, command: Command) =>
      runner.run(command, (invocation) =>
        options.once === true ? runOnce(invocation, options) : run(invocation, options),
      ),
    );
}

/** Consensus, storage and network are loaded by those who run nodes, and by nobody else. */
async function run({ host }: Invocation, { nodes, data, port }: UpOptions): Promise<ExitCode> {
  const [{ runUp }, { ClusterDirectory }] = await Promise.all([
    import("../local-cluster/run-up.ts"),
    import("../local-cluster/cluster-directory.ts"),
  ]);
  const directory = new ClusterDirectory(resolve(host.workingDirectory, data));
  await runUp({ host, directory, nodeCount: nodes, portBase: port });
  return EXIT_CODES.ok;
}

async function runOnce(invocation: Invocation, { nodes, port }: UpOptions): Promise<ExitCode> {
  const [{ runOnceRound }, { isRoundGood, onceReport }] = await Promise.all([
    import("../local-cluster/once-round.ts"),
    import("../local-cluster/once-report.ts"),
  ]);
  try {
    const result = await runOnceRound(invocation.host, nodes ?? limits.upNodesDefault, port);
    await invocation.print(onceReport(result));
    return isRoundGood(result) ? EXIT_CODES.ok : EXIT_CODES.failed;
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    invocation.hint("aspen: interrupted: the nodes are stopped, their data is removed");
    return EXIT_CODES.failed;
  }
}
