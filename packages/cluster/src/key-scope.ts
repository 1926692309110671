import {
  AspenError,
  unreachable,
  type KeyRange,
  type TransactionCommand,
  type WatchFilter,
  type WriteCommand,
} from "@aspenjs/api";
import type { ClientRequest } from "@aspenjs/protocol";

/** What a request reaches: keys, and ranges of them. Leases reach whatever keys are bound to them. */
interface Reach {
  readonly keys?: readonly string[];
  readonly ranges?: readonly KeyRange[];
  readonly isEverywhere?: boolean;
}

const NOWHERE: Reach = {};

/** Keys outside of a ticket's prefixes do not exist for its bearer. No prefixes: every key does. */
export function assertInScope(keyPrefixes: readonly string[], request: ClientRequest): void {
  assertReach(keyPrefixes, reachOf(request));
}

export function assertWatchInScope(keyPrefixes: readonly string[], filter: WatchFilter): void {
  assertReach(keyPrefixes, filter.kind === "key" ? { keys: [filter.key] } : { ranges: [filter] });
}

/** What of the log the bearer of a ticket is told, of what was asked for; no prefixes: everything. */
export function logScope(keyPrefixes: readonly string[], asked: readonly string[]): readonly string[] {
  if (asked.length === 0) return keyPrefixes;
  assertReach(keyPrefixes, { ranges: asked.map((prefix) => ({ kind: "prefix", prefix })) });
  return asked;
}

function assertReach(keyPrefixes: readonly string[], { keys = [], ranges = [], isEverywhere = false }: Reach): void {
  if (keyPrefixes.length === 0) return;
  const isKeyAllowed = (key: string) => keyPrefixes.some((prefix) => key.startsWith(prefix));
  const isRangeAllowed = (range: KeyRange) => keyPrefixes.some((prefix) => isRangeWithin(range, prefix));
  if (!isEverywhere && keys.every(isKeyAllowed) && ranges.every(isRangeAllowed)) return;
  throw new AspenError("forbidden", "the ticket does not reach these keys");
}

function reachOf(request: ClientRequest): Reach {
  switch (request.kind) {
    case "get":
      return { keys: [request.key] };
    case "getMulti":
      return { keys: request.keys };
    case "scan":
      return { ranges: [request.range] };
    case "write":
      return reachOfWrite(request.command);
    case "getLease":
      return { isEverywhere: request.keysLimit > 0 };
    case "listLeases":
      return { isEverywhere: true };
    default:
      return NOWHERE;
  }
}

function reachOfWrite(command: WriteCommand): Reach {
  switch (command.kind) {
    case "setMulti":
      return { keys: command.pairs.map((pair) => pair.key) };
    case "deleteMulti":
      return { keys: command.keys };
    case "deleteRange":
      return { ranges: [command.range] };
    case "transaction":
      return reachOfTransaction(command);
    case "leaseGrant":
      return NOWHERE;
    case "leaseRevoke":
      return { isEverywhere: true };
    case "set":
    case "delete":
    case "compareAndSwap":
    case "compareAndDelete":
      return { keys: [command.key] };
    default:
      return unreachable(command);
  }
}

function reachOfTransaction({ compares, success, failure }: TransactionCommand): Reach {
  const operations = [...success, ...failure];
  return {
    keys: [...compares, ...operations].flatMap((item) => ("key" in item ? [item.key] : [])),
    ranges: operations.flatMap((operation) => ("range" in operation ? [operation.range] : [])),
  };
}

/** A range is within a prefix when both its ends are: every key between two keys with one prefix has it too. */
function isRangeWithin(range: KeyRange, prefix: string): boolean {
  if (range.kind === "prefix") return range.prefix.startsWith(prefix);
  return range.start.startsWith(prefix) && range.end.startsWith(prefix);
}
