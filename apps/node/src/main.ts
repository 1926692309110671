#!/usr/bin/env node
import { AspenError } from "@aspenjs/api";
import { NODE_CONFIG_DEFAULTS } from "@aspenjs/cluster";
import { Command } from "commander";
import { failureText } from "./failure-text.ts";
import { LOG_LEVELS, parseNodeOptions, variableOf, type OptionTexts } from "./node-options.ts";
import { onParentGone } from "./parent-watch.ts";
import { createPinoLogger } from "./pino-logger.ts";
import { runNode } from "./run-node.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const defaults = NODE_CONFIG_DEFAULTS;
const program = new Command("aspen-node")
  .description("One node of an Aspen cluster. Every option can also be set as ASPEN_… in the environment.")
  .option("--data-dir <dir>", "identity, log and state live here (default: ./aspen-data)")
  .option("--listen <multiaddr...>", "where to listen (default: /ip4/127.0.0.1/tcp/7600)")
  .option(
    "--secret-file <file>",
    "the cluster secret, mode 0600 (default: cluster.secret in the data directory, made if missing)",
  )
  .option("--join-ticket-file <file>", "a join ticket: take the secret from it and ask to be taken in as a learner")
  .option("--node-id <id>", "for the first start; drawn if not given")
  .option("--log-level <level>", `${LOG_LEVELS.join(", ")} (default: info)`)
  .option("--heartbeat-ms <ms>", `between a leader's heartbeats (default: ${defaults.heartbeatMs})`)
  .option("--election-ms-min <ms>", `shortest election timeout (default: ${defaults.electionMsMin})`)
  .option("--election-ms-max <ms>", `longest election timeout (default: ${defaults.electionMsMax})`)
  .option(
    "--failover-ms-max <ms>",
    `after a broken connection to the leader; 0 is off (default: ${defaults.failoverMsMax})`,
  )
  .option("--lease-drift-ms <ms>", "enables leader leases, shortened by this much (default: off)")
  .option("--compaction-entries <n>", `applied entries between compactions (default: ${defaults.compactionEntries})`)
  .option("--compaction-bytes <n>", `applied bytes between compactions (default: ${defaults.compactionBytes})`)
  .option(
    "--retained-entries-min <n>",
    `log entries that stay behind a compaction (default: ${defaults.retainedEntriesMin})`,
  )
  .option("--membership-cooldown-ms <ms>", `between promotions (default: ${defaults.membershipCooldownMs})`)
  .option("--exit-with-parent", "stop when standard input ends: for programs that start nodes")
  .option("--promote-learners", "learners become voters by themselves once they have caught up (default: off)")
  .showHelpAfterError()
  .exitOverride();

/** Environment first, command line over it: an option that is given counts, even with its default value. */
function gatherOptions(argv: readonly string[]): OptionTexts {
  program.parse(argv);
  const fromEnvironment: Record<string, string> = {};
  for (const option of program.options) {
    const value = process.env[variableOf(option.long ?? "")];
    if (value !== undefined) fromEnvironment[option.attributeName()] = value;
  }
  return { ...fromEnvironment, ...program.opts<OptionTexts>() };
}

async function main(): Promise<number> {
  const options = parseNodeOptions(gatherOptions(process.argv));
  const logger = createPinoLogger(options.logLevel);
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // A second signal means now: whatever is committed is safe.
      if (stopping.signal.aborted) process.exit(EXIT_FAILED);
      logger.log("info", "stopping", { signal });
      stopping.abort();
    });
  }
  if (options.isEndingWithParent) {
    onParentGone(() => {
      logger.log("info", "stopping", { reason: "standard input has ended" });
      stopping.abort();
    });
  }
  const exit = await runNode(options, logger, stopping.signal);
  return exit === "failed" ? EXIT_FAILED : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof Error && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    process.stderr.write(failureText(error));
    process.exitCode = AspenError.isCode(error, "invalid_request") ? EXIT_USAGE : EXIT_FAILED;
  }
}
