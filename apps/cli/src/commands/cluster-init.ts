import { resolve } from "node:path";
import { AspenError, type ClusterState, type NodeRecord } from "@aspenjs/api";
import { Command } from "commander";
import { mintAdminTicket } from "../admin-ticket.ts";
import { stateReport } from "../cluster-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { collected } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { parseMember, readNodeFile, recordOf } from "../member-text.ts";
import { UsageError } from "../usage-error.ts";

interface InitOptions {
  readonly member?: readonly NodeRecord[];
  readonly nodeFile?: readonly string[];
  readonly secretFile?: string;
}

export function clusterInitCommand(runner: CommandRunner): Command {
  return new Command("init")
    .summary("make a cluster of nodes that belong to none")
    .description(
      "Makes a cluster of nodes that run and belong to none yet; once per cluster. The node that is asked must be one\n" +
        "of them, and they must share the cluster secret.",
    )
    .option("--member <ID=PEERID@ADDRESS...>", "a member; further addresses behind commas", collected(parseMember))
    .option("--node-file <file...>", "a member, from the node.json in its data directory", collected(String))
    .option("--secret-file <file>", "write an admin ticket with this cluster secret, instead of reading one")
    .addHelpText(
      "after",
      examples(
        ["aspen cluster init --secret-file cluster.secret --node-file 1/node.json 2/node.json 3/node.json", ""],
        ["aspen cluster init --member 1=12D3Koo…@/ip4/10.0.0.1/tcp/7600 2=12D3Koo…@/ip4/10.0.0.2/tcp/7600", ""],
      ),
    )
    .action((options: InitOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        const members = await readMembers(options, invocation.host.workingDirectory);
        await invocation.print(stateReport(await init(invocation, members, options.secretFile)));
      }),
    );
}

async function readMembers(
  { member = [], nodeFile = [] }: InitOptions,
  workingDirectory: string,
): Promise<readonly NodeRecord[]> {
  const files = await Promise.all(nodeFile.map((path) => readNodeFile(resolve(workingDirectory, path))));
  const members = [...member, ...files.map(recordOf)];
  if (members.length === 0) throw new UsageError("name the members: --member ID=PEERID@ADDRESS or --node-file FILE");
  return members;
}

async function init(
  invocation: Invocation,
  members: readonly NodeRecord[],
  secretFile: string | undefined,
): Promise<ClusterState> {
  const { endpoint } = invocation.options;
  if (secretFile === undefined) return invocation.withClient(({ cluster }) => cluster.init(members));
  const asked = endpoint ?? members[0]?.addresses[0];
  if (asked === undefined) throw new UsageError("the first member has no address; name a node with --endpoint");
  const secret = await readSecret(resolve(invocation.host.workingDirectory, secretFile));
  const ticket = await mintAdminTicket({ secret, addresses: [asked] });
  return invocation.withTicket(ticket, asked, ({ cluster }) => cluster.init(members));
}

async function readSecret(path: string) {
  const { readSecretFile } = await import("@aspenjs/cluster/default");
  try {
    return await readSecretFile(path);
  } catch (error) {
    if (AspenError.isCode(error, "not_found")) throw new UsageError(error.message);
    throw error;
  }
}
