import {
  decodeClientTicket,
  decodeJoinTicket,
  TICKET_ACCESSES,
  ticketError,
  ticketKindOf,
  type TicketAccess,
} from "@aspenjs/protocol";
import { Command, Option } from "commander";
import type { CommandRunner } from "../command-runner.ts";
import { parseDuration } from "../duration.ts";
import { argument, collected } from "../global-options.ts";
import { examples } from "../help.ts";
import type { Invocation } from "../invocation.ts";
import type { Report } from "../output-format.ts";
import { printable } from "../printable.ts";
import { formatFields } from "../table.ts";
import { UsageError } from "../usage-error.ts";

interface TicketOptions {
  readonly access: TicketAccess;
  readonly prefix?: readonly string[];
  readonly ttl?: number;
  readonly join?: boolean;
  readonly decode?: boolean;
}

export function clusterTicketCommand(runner: CommandRunner): Command {
  return new Command("ticket")
    .summary("issue or read tickets")
    .description("Issues a ticket for someone else, which needs an admin ticket; or reads one without asking anybody.")
    .argument("[text]", "with --decode: the ticket to read, instead of the one that would be used")
    .addOption(new Option("--access <access>", "what its bearer may do").choices(TICKET_ACCESSES).default("read"))
    .option("--prefix <prefix...>", "keys outside of these do not exist for its bearer", collected(String))
    .option("--ttl <duration>", "until it expires, such as 24h; never without it", argument(parseDuration))
    .addOption(
      new Option("--join", "a ticket that makes a node a member; IT HOLDS THE CLUSTER SECRET").conflicts([
        "access",
        "prefix",
        "ttl",
        "decode",
      ]),
    )
    .addOption(new Option("--decode", "print what a ticket says").conflicts(["access", "prefix", "ttl"]))
    .addHelpText(
      "after",
      examples(
        ["aspen cluster ticket --access write --prefix app/ --ttl 24h", ""],
        ["aspen cluster ticket --join > join.ticket", "for aspen-node --join-ticket-file"],
        ["aspen cluster ticket --decode", "the ticket in use"],
      ),
    )
    .action((text: string | undefined, options: TicketOptions, command: Command) =>
      runner.run(command, async (invocation) => {
        if (options.decode === true) return invocation.print(decodeTicket(text ?? (await invocation.findTicket())));
        if (text !== undefined) throw new UsageError("a ticket is only read with --decode");
        return invocation.print(issuedReport(await issue(invocation, options)));
      }),
    );
}

async function issue(invocation: Invocation, { join, access, prefix = [], ttl }: TicketOptions): Promise<string> {
  if (join === true) {
    const ticket = await invocation.withClient((client) => client.joinTicket());
    invocation.hint("This ticket holds the cluster secret: whoever reads it owns the cluster.");
    return ticket;
  }
  const request = ttl === undefined ? { access, keyPrefixes: prefix } : { access, keyPrefixes: prefix, ttlMs: ttl };
  return invocation.withClient((client) => client.issueTicket(request));
}

function issuedReport(ticket: string): Report {
  return { json: { ticket }, table: () => ticket, raw: () => `${ticket}\n` };
}

/** What a ticket says, unverified: only a node can tell whether it is worth anything. A secret is not printed. */
function decodeTicket(text: string): Report {
  return ticketKindOf(text) === "aspen" ? joinTicketReport(text) : clientTicketReport(text);
}

function joinTicketReport(text: string): Report {
  const outcome = decodeJoinTicket(text);
  if (outcome.kind === "refused") throw ticketError(outcome.reason);
  const { clusterId, addresses } = outcome.ticket;
  return ticketReport({ kind: "join", clusterId, addresses, secret: "(not shown)" });
}

function clientTicketReport(text: string): Report {
  const outcome = decodeClientTicket(text);
  if (outcome.kind === "refused") throw ticketError(outcome.reason);
  const { id, clusterId, addresses, access, keyPrefixes, expiresAtMs } = outcome.ticket;
  const expires = expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString();
  return ticketReport({ kind: "client", id, clusterId, access, keyPrefixes, expires, addresses });
}

function ticketReport(fields: Readonly<Record<string, string | null | readonly string[]>>): Report {
  const lines = Object.entries(fields).map(([name, value]): readonly [string, string] => [
    name,
    fieldText(name, value),
  ]);
  return {
    json: fields,
    table: ({ style }) => formatFields(lines, style),
    raw: () => lines.map(([name, value]) => `${name} ${value}\n`).join(""),
  };
}

function fieldText(name: string, value: string | null | readonly string[]): string {
  if (value === null) return "never";
  if (typeof value === "string") return value;
  if (value.length === 0) return name === "keyPrefixes" ? "every key" : "-";
  return value.map(printable).join(" ");
}
