import { AspenError } from "@aspenjs/api";
import { Command } from "commander";
import type { Member } from "../cluster-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { EXIT_CODES } from "../exit-code.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import { limits } from "../limits.ts";
import { probeMembers, statusReport, type Probe } from "../node-status.ts";

export function clusterStatusCommand(runner: CommandRunner): Command {
  return new Command("status")
    .summary("ask every node how it is")
    .description(
      "Asks every member by its own address, and shows those that do not answer as unreachable.\n" +
        "Ends with 4 when no leader answers.",
    )
    .addHelpText("after", examples(["aspen cluster status", ""], ["aspen cluster status -o jsonl", "one on each line"]))
    .action((_options: object, command: Command) =>
      runner.run(command, async (invocation) => {
        const state = await invocation.withClient(({ cluster }) => cluster.currentState());
        const ticket = await invocation.findTicket();
        const nodes = await probeMembers(state, (member) => probeMember(invocation, ticket, member));
        await invocation.print(statusReport(state.clusterId, nodes));
        const isLed = nodes.some(({ probe }) => probe.kind === "answered" && probe.metrics.role === "leader");
        return isLed ? EXIT_CODES.ok : EXIT_CODES.unavailable;
      }),
    );
}

async function probeMember(
  { host, options }: Invocation,
  ticket: string,
  { nodeId, addresses }: Member,
): Promise<Probe> {
  const deadlineMs = Math.min(options.deadlineMs, limits.statusProbeMs);
  let code = "unavailable";
  for (const endpoint of addresses) {
    try {
      const client = await host.connect({ ticket, endpoint, deadlineMs });
      try {
        const metrics = await client.cluster.getMetrics({ deadlineMs });
        // Somebody else may listen at the address of a node that is gone.
        if (metrics.nodeId === nodeId) return { kind: "answered", metrics };
      } finally {
        await client.close();
      }
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      code = error.code;
    }
  }
  return { kind: "unreachable", code };
}
