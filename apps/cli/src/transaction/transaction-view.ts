import {
  assert,
  unreachable,
  type KeyValueEntry,
  type OperationResult,
  type TransactionCommand,
  type TransactionOperation,
  type TransactionResult,
} from "@aspenjs/api";
import { entryJson, entryLines, valueForPeople } from "../entry-view.ts";
import type { JsonValue, Report } from "../output-format.ts";
import { printable } from "../printable.ts";

/** One operation of the branch that ran, and what it came to. */
interface Done {
  readonly result: OperationResult;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
}

/** For people in etcdctl's manner, for programs as an object with a fixed form. */
export function transactionReport(command: TransactionCommand, result: TransactionResult): Report {
  const { succeeded, revision } = result;
  const done = doneOperations(command, result);
  return {
    json: { succeeded, revision, results: done.map(resultJson) },
    table: ({ style }) => {
      const outcome = succeeded ? style.good("SUCCESS") : style.warning("FAILURE");
      return [outcome, ...done.flatMap((one) => ["", ...resultLines(one)]), ""].join("\n");
    },
    raw: () => Buffer.concat(done.map((one) => Buffer.from(resultBytes(one)))),
  };
}

/** Numbers of the results, from 1, that end before their range does. */
export function truncatedResults({ results }: TransactionResult): readonly number[] {
  return results.flatMap((result, position) => (result.kind === "scan" && result.isTruncated ? [position + 1] : []));
}

function doneOperations(command: TransactionCommand, { succeeded, results }: TransactionResult): readonly Done[] {
  const operations = succeeded ? command.success : command.failure;
  assert(results.length === operations.length, "every operation of the branch that ran has a result");
  return results.map((result, position) => ({ result, ...scanWishes(operations[position]) }));
}

function scanWishes(operation: TransactionOperation | undefined): Omit<Done, "result"> {
  if (operation?.kind !== "scan") return { keysOnly: false, countOnly: false };
  return { keysOnly: operation.keysOnly === true, countOnly: operation.limit === 0 };
}

function resultJson({ result, keysOnly }: Done): JsonValue {
  switch (result.kind) {
    case "get":
      return { kind: "get", entry: result.entry === undefined ? null : entryJson(result.entry) };
    case "scan": {
      const { kind, entries, count, isTruncated } = result;
      return { kind, entries: entries.map((entry) => entryJson(entry, { keysOnly })), count, isTruncated };
    }
    case "set":
      return { kind: "put", previous: result.previous === undefined ? null : entryJson(result.previous) };
    case "delete": {
      const { deletedCount, previous = [] } = result;
      return { kind: "del", deletedCount, previous: previous.map((entry) => entryJson(entry)) };
    }
    default:
      return unreachable(result);
  }
}

function resultLines({ result, keysOnly, countOnly }: Done): readonly string[] {
  const lines = (entries: readonly KeyValueEntry[]): readonly string[] =>
    entries.flatMap(({ key, value }) => (keysOnly ? [printable(key)] : [printable(key), valueForPeople(value)]));
  switch (result.kind) {
    case "get":
      return lines(entriesOf(result.entry));
    case "scan":
      return countOnly ? [String(result.count)] : lines(result.entries);
    case "set":
      return ["OK", ...lines(entriesOf(result.previous))];
    case "delete":
      return [String(result.deletedCount), ...lines(result.previous ?? [])];
    default:
      return unreachable(result);
  }
}

/** What the branch has read: entries as lines of key and value, and numbers of keys. */
function resultBytes({ result, keysOnly, countOnly }: Done): string | Uint8Array {
  switch (result.kind) {
    case "get":
      return entryLines(entriesOf(result.entry));
    case "scan":
      return countOnly ? `${result.count}\n` : entryLines(result.entries, { keysOnly });
    case "set":
      return entryLines(entriesOf(result.previous));
    case "delete":
      return result.previous === undefined ? `${result.deletedCount}\n` : entryLines(result.previous);
    default:
      return unreachable(result);
  }
}

function entriesOf(entry: KeyValueEntry | undefined): readonly KeyValueEntry[] {
  return entry === undefined ? [] : [entry];
}
