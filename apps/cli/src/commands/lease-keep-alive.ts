import type { AspenError, KeyValueStore, LeaseId, LeaseStatus } from "@aspenjs/api";
import { Command } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { formatDuration } from "../duration.ts";
import { argument } from "../global-options.ts";
import { examples } from "../help.ts";
import { Interruption, watchForInterruption } from "../interruption.ts";
import type { Invocation } from "../invocation.ts";
import { LeaseKeeper } from "../lease-keeper.ts";
import { leaseIdText, parseLeaseId } from "../lease-text.ts";
import { leaseJson } from "../lease-view.ts";
import type { Report } from "../output-format.ts";
import { printable } from "../printable.ts";

interface KeepAliveOptions {
  readonly once?: boolean;
}

export function leaseKeepAliveCommand(runner: CommandRunner): Command {
  return new Command("keep-alive")
    .summary("keep a lease from ending")
    .description(
      "Gives a lease its whole time again whenever a third of it has passed, until Ctrl-C. Prints a line each time.\n" +
        "Ends with 3 when there is no such lease, or none any more.",
    )
    .argument("<id>", "the lease", argument(parseLeaseId))
    .option("--once", "once, and end")
    .addHelpText(
      "after",
      `
A cluster that cannot be reached is asked again for as long as the lease may still be there. After Ctrl-C the lease
lives on for what is left of its time; "aspen lease revoke" ends it at once.
${examples(["aspen lease keep-alive 12", "until Ctrl-C"], ["aspen lease keep-alive 12 --once", ""])}`,
    )
    .action((leaseId: LeaseId, { once = false }: KeepAliveOptions, command: Command) =>
      runner.run(command, (invocation) =>
        invocation.withClient(({ store }) =>
          once ? keepAliveOnce(invocation, store, leaseId) : keepAlive(invocation, store, leaseId),
        ),
      ),
    );
}

async function keepAliveOnce(invocation: Invocation, store: KeyValueStore, leaseId: LeaseId): Promise<void> {
  await invocation.print(renewalReport(await new LeaseKeeper({ store, leaseId, host: invocation.host }).renew()));
}

async function keepAlive(invocation: Invocation, store: KeyValueStore, leaseId: LeaseId): Promise<void> {
  const { host } = invocation;
  const interruption = watchForInterruption(host, () => host.exitNow());
  const { signal } = interruption;
  const keeper = new LeaseKeeper({ store, leaseId, host });
  const keep = async (): Promise<void> => {
    while (!signal.aborted) {
      await invocation.print(
        renewalReport(await keeper.renewInTime(signal, (error) => hintAtRetry(invocation, error))),
      );
      await host.wait(keeper.pauseMs, signal);
    }
  };
  try {
    await interruption.guard(keep());
  } catch (error) {
    // To be asked to stop is how this ends.
    if (!(error instanceof Interruption)) throw error;
  } finally {
    interruption.end();
  }
}

function hintAtRetry(invocation: Invocation, { code, message }: AspenError): void {
  invocation.hint(`aspen: ${code}: ${printable(message)}; trying again`);
}

function renewalReport(status: LeaseStatus): Report {
  const { leaseId, remainingMs } = status;
  return {
    json: leaseJson(status),
    table: () => `lease ${leaseIdText(leaseId)} kept alive for ${formatDuration(remainingMs)}`,
    raw: () => `${Math.floor(remainingMs)}\n`,
  };
}
