/** Commands of the acceptance suite, in few words. */
import type {
  Compare,
  DeleteRangeCommand,
  KeyRange,
  LeaseGrantCommand,
  LeaseId,
  LeaseRevokeCommand,
  Revision,
  SetCommand,
  TransactionCommand,
  TransactionOperation,
  WriteCommand,
} from "@aspenjs/api";
import type { LeaseAction } from "@aspenjs/protocol";
import { bytesOf } from "./log-script.ts";

export const TTL_MS = 10_000;

export function grantOf(leaseId: LeaseId, ttlMs = TTL_MS): LeaseGrantCommand {
  return { kind: "leaseGrant", leaseId, ttlMs };
}

export function revokeOf(leaseId: LeaseId): LeaseRevokeCommand {
  return { kind: "leaseRevoke", leaseId };
}

export function renewOf(...leaseIds: LeaseId[]): Extract<LeaseAction, { kind: "renewLeases" }> {
  return { kind: "renewLeases", leaseIds };
}

export function expireOf(...leaseIds: LeaseId[]): Extract<LeaseAction, { kind: "expireLeases" }> {
  return { kind: "expireLeases", leaseIds };
}

export const EXTEND = { kind: "extendLeases" } as const;

export function plainSet(key: string, value = "plain"): SetCommand {
  return { kind: "set", key, value: bytesOf(value) };
}

export function boundSet(key: string, leaseId: LeaseId): SetCommand {
  return { kind: "set", key, value: bytesOf("bound"), leaseId };
}

/** The key gets a lease of its own. */
export function timedSet(key: string, ttlMs = TTL_MS): SetCommand {
  return { kind: "set", key, value: bytesOf("timed"), ttlMs };
}

export function prefixOf(prefix: string): KeyRange {
  return { kind: "prefix", prefix };
}

export function rangeDeletion(range: KeyRange, returnPrevious?: boolean): DeleteRangeCommand {
  return { kind: "deleteRange", range, ...(returnPrevious === undefined ? {} : { returnPrevious }) };
}

export function transactionOf(...success: TransactionOperation[]): TransactionCommand {
  return { kind: "transaction", compares: [], success, failure: [] };
}

/** Does nothing either way: its answer is whether the compares hold. */
export function comparison(...compares: Compare[]): TransactionCommand {
  return { kind: "transaction", compares, success: [], failure: [] };
}

/**
 * Every way to change or delete a key without binding it, and whether the key is still there afterwards.
 * @param modRevision of the key
 */
export function unbindingWrites(
  key: string,
  modRevision: Revision,
): readonly (readonly [name: string, command: WriteCommand, isKept: boolean])[] {
  const value = bytesOf("unbound");
  const range = prefixOf(key);
  const expected = { kind: "modRevision", modRevision } as const;
  return [
    ["set", { kind: "set", key, value }, true],
    ["setMulti", { kind: "setMulti", pairs: [{ key, value }] }, true],
    ["compareAndSwap", { kind: "compareAndSwap", key, value, expected }, true],
    ["set in a transaction", transactionOf({ kind: "set", key, value }), true],
    ["delete", { kind: "delete", key }, false],
    ["deleteMulti", { kind: "deleteMulti", keys: [key] }, false],
    ["deleteRange", rangeDeletion(range), false],
    ["compareAndDelete", { kind: "compareAndDelete", key, expected }, false],
    ["delete in a transaction", transactionOf({ kind: "delete", key }), false],
    ["deleteRange in a transaction", transactionOf({ kind: "deleteRange", range }), false],
  ];
}

export const UNBINDING_WRITE_COUNT = unbindingWrites("k", 1).length;
