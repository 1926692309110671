import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { examples } from "../help.ts";
import { logTailCommand } from "./log-tail.ts";

export function logCommand(runner: CommandRunner): Command {
  return new Command("log")
    .summary("read the replicated log")
    .description("The commands that the cluster has agreed upon, in their order.")
    .addHelpText(
      "after",
      examples(["aspen log tail", "until Ctrl-C"], ["aspen log tail --from 1 -o jsonl", "for programs"]),
    )
    .addCommand(logTailCommand(runner));
}
