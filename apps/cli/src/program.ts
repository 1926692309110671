import { readFileSync } from "node:fs";
import { Command } from "commander";
import { CommandRunner } from "./command-runner.ts";
import { clusterCommand } from "./commands/cluster.ts";
import { kvCommand } from "./commands/kv.ts";
import { leaseCommand } from "./commands/lease.ts";
import { logCommand } from "./commands/log.ts";
import { sqlCommand } from "./commands/sql.ts";
import { upCommand } from "./commands/up.ts";
import { errorMessage } from "./error-message.ts";
import { exitCodeOf, type ExitCode } from "./exit-code.ts";
import { addGlobalOptions } from "./global-options.ts";
import { examples } from "./help.ts";
import type { Host } from "./host.ts";

const EXIT_CODE_HELP = `
Exit codes: 0 ok, 1 failed, 2 usage, 3 not found or condition false, 4 unavailable or timeout`;

/** Runs the program to its end. Everything it has to say was said when this resolves. */
export async function runProgram(userArguments: readonly string[], host: Host): Promise<ExitCode> {
  const runner = new CommandRunner(host);
  try {
    await createProgram(host, runner).parseAsync(userArguments, { from: "user" });
    return runner.exitCode;
  } catch (error) {
    const message = errorMessage(error, runner.ticketSource);
    if (message !== "") await host.terminal.errors.write(message);
    return exitCodeOf(error);
  }
}

function createProgram(host: Host, runner: CommandRunner): Command {
  const program = new Command("aspen")
    .description("A cluster that keeps your data, from the command line.")
    .version(ownVersion(), "--version", "print the version");
  addGlobalOptions(program)
    .addHelpText("after", EXIT_CODE_HELP)
    .addHelpText(
      "after",
      examples(
        ["aspen up", "a cluster of three nodes in this directory"],
        ["aspen kv put greeting hello", "in another terminal"],
        ["aspen kv get greeting", ""],
        ["aspen cluster status", ""],
      ),
    );
  const builders = [upCommand, kvCommand, sqlCommand, leaseCommand, logCommand, clusterCommand];
  for (const build of builders) program.addCommand(build(runner));
  configureOutput(program, host);
  return program;
}

/** For every command alike, down to the last. */
function configureOutput(command: Command, host: Host): void {
  const { output, errors } = host.terminal;
  command
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void output.write(text),
      writeErr: (text) => void errors.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "aspen: invalid_request: ")),
      getOutHelpWidth: () => output.columns,
      getErrHelpWidth: () => errors.columns,
      getOutHasColors: () => output.hasColor,
      getErrHasColors: () => errors.hasColor,
    })
    .showHelpAfterError(`(try "${pathOf(command)} --help")`);
  for (const child of command.commands) configureOutput(child, host);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const hasVersion = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return hasVersion ? String(manifest.version) : "unknown";
}
