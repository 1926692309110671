import { AspenError, type ErrorCode } from "@aspenjs/api";
import { leaderHintOf } from "@aspenjs/protocol";
import { CommanderError } from "commander";
import { printable } from "./printable.ts";
import { UsageError } from "./usage-error.ts";

/** Failures behind which the wrong ticket may be: it helps to know where it came from. */
const ABOUT_THE_TICKET: ReadonlySet<ErrorCode> = new Set([
  "forbidden",
  "invalid_request",
  "not_initialized",
  "not_leader",
  "timeout",
  "unauthorized",
  "unavailable",
  "unsupported",
]);

const CAUSES_SHOWN_MAX = 5;

/** `aspen: <code>: <message>`, then what led to it, one line each. Empty for what commander has said already. */
export function errorMessage(error: unknown, ticketSource: string | undefined): string {
  if (error instanceof CommanderError) return "";
  if (error instanceof UsageError) return `aspen: invalid_request: ${printable(error.message)}\n`;
  const code = error instanceof AspenError ? error.code : "internal";
  const lines = [`aspen: ${code}: ${printable(textOf(error))}`, ...causesOf(error)];
  const leader = error instanceof AspenError ? leaderHintOf(error) : undefined;
  if (leader !== undefined) lines.push(`  node ${leader} leads; without --endpoint it would have been asked`);
  if (ticketSource !== undefined && ABOUT_THE_TICKET.has(code)) lines.push(`  the ticket came from ${ticketSource}`);
  return lines.map((line) => `${line}\n`).join("");
}

function causesOf(error: unknown): string[] {
  const lines: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && lines.length < CAUSES_SHOWN_MAX) {
    const code = cause instanceof AspenError ? `${cause.code}: ` : "";
    lines.push(`  because: ${printable(`${code}${textOf(cause)}`)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
