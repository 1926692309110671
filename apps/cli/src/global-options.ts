import { READ_CONSISTENCIES, READ_FALLBACKS, type ReadConsistency } from "@aspenjs/api";
import { InvalidArgumentError, Option, type Command } from "commander";
import { formatDuration, parseDuration } from "./duration.ts";
import { parseEndpoint } from "./endpoint-address.ts";
import { limits } from "./limits.ts";
import { OUTPUT_FORMATS, type OutputFormat } from "./output-format.ts";
import { UsageError } from "./usage-error.ts";

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly output: OutputFormat;
  readonly ticket: string | undefined;
  readonly ticketFile: string | undefined;
  readonly endpoint: string | undefined;
  /** Of each call to the cluster. */
  readonly deadlineMs: number;
}

/** What commander makes of them. */
interface ParsedOptions {
  readonly output: OutputFormat;
  readonly ticket?: string;
  readonly ticketFile?: string;
  readonly endpoint?: string;
  readonly deadline: number;
}

export function addGlobalOptions(program: Command): Command {
  return program
    .addOption(new Option("-o, --output <format>", "how to print results").choices(OUTPUT_FORMATS).default("table"))
    .addOption(new Option("--ticket <text>", "client ticket").conflicts("ticketFile"))
    .option("--ticket-file <file>", "file with a client ticket (default: ASPEN_TICKET, then .aspen/ticket)")
    .option("--endpoint <address>", "ask this node alone: host:port or a multiaddr", argument(parseEndpoint))
    .addOption(
      new Option("--deadline <duration>", "for each call to the cluster, such as 500ms or 10s")
        .argParser(argument(parseDeadline))
        .default(limits.deadlineMsDefault, formatDuration(limits.deadlineMsDefault)),
    );
}

export function globalOptionsOf(command: Command): GlobalOptions {
  const { output, ticket, ticketFile, endpoint, deadline } = command.optsWithGlobals<ParsedOptions>();
  return { output, ticket, ticketFile, endpoint, deadlineMs: deadline };
}

export function consistencyOption(): Option {
  return new Option("--consistency <level>", "linearizable sees every write acknowledged before; stale may not")
    .choices(READ_CONSISTENCIES)
    .default("linearizable" satisfies ReadConsistency);
}

export function fallbackOption(): Option {
  return new Option(
    "--fallback <where>",
    "when no leader answers in time, what one node has: stale, and said to be",
  ).choices(READ_FALLBACKS);
}

/** Lets commander say which option or argument a parser of ours complains about. */
export function argument<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof UsageError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** For options that may be given several times. */
export function collected<Value>(parse: (text: string) => Value): (text: string, previous?: Value[]) => Value[] {
  const parseOne = argument(parse);
  return (text, previous = []) => [...previous, parseOne(text)];
}

/** @throws UsageError */
export function parseCount(text: string, min: number, max: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= min && count <= max) return count;
  throw new UsageError(`"${text}" is no integer from ${min} to ${max}`);
}

function parseDeadline(text: string): number {
  const deadlineMs = parseDuration(text);
  if (deadlineMs <= limits.deadlineMsMax) return deadlineMs;
  throw new UsageError(`a deadline is at most ${formatDuration(limits.deadlineMsMax)}`);
}
