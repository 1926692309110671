import { assert, unreachable } from "../assert.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import type { OperationResult, TransactionCommand, TransactionOperation } from "../transaction.ts";
import type { WriteCommand, WriteResult } from "../write-command.ts";
import type { NamespaceKeys } from "./namespace-keys.ts";

/**
 * The command as the store is to take it. What is wrong with it besides its keys and ranges, the store will say.
 * @throws AspenError `invalid_request`, `key_too_large`
 */
export function commandToStore(keys: NamespaceKeys, command: WriteCommand): WriteCommand {
  switch (command.kind) {
    case "set":
    case "delete":
    case "compareAndSwap":
    case "compareAndDelete":
      return { ...command, key: keys.toStore(command.key) };
    case "setMulti":
      return { ...command, pairs: command.pairs.map((pair) => ({ ...pair, key: keys.toStore(pair.key) })) };
    case "deleteMulti":
      return { ...command, keys: command.keys.map((key) => keys.toStore(key)) };
    case "deleteRange":
      return { ...command, range: keys.rangeToStore(command.range) };
    case "transaction":
      return transactionToStore(keys, command);
    case "leaseGrant":
    case "leaseRevoke":
      return command;
    default:
      return unreachable(command);
  }
}

export function resultFromStore(keys: NamespaceKeys, result: WriteResult): WriteResult {
  switch (result.kind) {
    case "set":
      return result.previous === undefined ? result : { ...result, previous: keys.entryFromStore(result.previous) };
    case "delete":
      return { ...result, ...previousFromStore(keys, result.previous) };
    case "compare":
      if (result.outcome === "ok") return result;
      return { ...result, actual: result.actual && keys.entryFromStore(result.actual) };
    case "transaction":
      return { ...result, results: result.results.map((item) => operationFromStore(keys, item)) };
    case "setMulti":
    case "leaseGrant":
    case "leaseRevoke":
      return result;
    default:
      return unreachable(result);
  }
}

function transactionToStore(keys: NamespaceKeys, { compares, success, failure }: TransactionCommand): WriteCommand {
  return {
    kind: "transaction",
    compares: compares.map((compare) => ({ ...compare, key: keys.toStore(compare.key) })),
    success: success.map((operation) => operationToStore(keys, operation)),
    failure: failure.map((operation) => operationToStore(keys, operation)),
  };
}

function operationToStore(keys: NamespaceKeys, operation: TransactionOperation): TransactionOperation {
  if ("range" in operation) return { ...operation, range: keys.rangeToStore(operation.range) };
  assert("key" in operation, "an operation has a key or a range");
  return { ...operation, key: keys.toStore(operation.key) };
}

function operationFromStore(keys: NamespaceKeys, result: OperationResult): OperationResult {
  switch (result.kind) {
    case "get":
      return { ...result, entry: result.entry && keys.entryFromStore(result.entry) };
    case "set":
      return result.previous === undefined ? result : { ...result, previous: keys.entryFromStore(result.previous) };
    case "delete":
      return { ...result, ...previousFromStore(keys, result.previous) };
    case "scan":
      return { ...result, entries: result.entries.map((entry) => keys.entryFromStore(entry)) };
    default:
      return unreachable(result);
  }
}

function previousFromStore(
  keys: NamespaceKeys,
  previous: readonly KeyValueEntry[] | undefined,
): { readonly previous?: readonly KeyValueEntry[] } {
  return previous === undefined ? {} : { previous: previous.map((entry) => keys.entryFromStore(entry)) };
}
