import type { KeyValueEntry, Revision } from "./key-value-entry.ts";
import type { LeaseBinding, LeaseId } from "./lease.ts";
import type { KeyRange } from "./read.ts";
import type { TransactionCommand, TransactionResult } from "./transaction.ts";

/** What a compare-and-swap demands of the present state of its key. */
export type Expected =
  | { readonly kind: "absent" }
  | { readonly kind: "value"; readonly value: Uint8Array }
  | { readonly kind: "modRevision"; readonly modRevision: Revision };

export interface KeyValuePair {
  readonly key: string;
  readonly value: Uint8Array;
}

/** Without a binding the key is bound to no lease afterwards, whatever it was before. */
export interface SetCommand extends KeyValuePair, LeaseBinding {
  readonly kind: "set";
  readonly returnPrevious?: boolean;
}

/** All or nothing, one revision. A key must not appear twice. */
export interface SetMultiCommand {
  readonly kind: "setMulti";
  readonly pairs: readonly KeyValuePair[];
}

/**
 * Idempotent: deleting what is not there succeeds and takes no revision. Previous entries of more than 4 MiB or of more
 * than 10,000 keys are not returned: the command fails with `batch_too_large` and deletes nothing, here and below.
 */
export interface DeleteCommand {
  readonly kind: "delete";
  readonly key: string;
  readonly returnPrevious?: boolean;
}

export interface DeleteMultiCommand {
  readonly kind: "deleteMulti";
  readonly keys: readonly string[];
  readonly returnPrevious?: boolean;
}

/**
 * Everything in the range, at one revision. The empty prefix is every key of every user. A range of more than 10,000
 * keys fails with `batch_too_large` and deletes nothing.
 */
export interface DeleteRangeCommand {
  readonly kind: "deleteRange";
  readonly range: KeyRange;
  readonly returnPrevious?: boolean;
}

export interface CompareAndSwapCommand extends KeyValuePair {
  readonly kind: "compareAndSwap";
  readonly expected: Expected;
}

export interface CompareAndDeleteCommand {
  readonly kind: "compareAndDelete";
  readonly key: string;
  readonly expected: Expected;
}

/** Without a number the lease takes one from the log. At most 100,000 leases, and 10,000 keys on each. */
export interface LeaseGrantCommand {
  readonly kind: "leaseGrant";
  readonly ttlMs: number;
  /** One that is taken fails with `conflict`. */
  readonly leaseId?: LeaseId;
}

/** Ends the lease and deletes its keys, at one revision. Idempotent: a lease that is not there has no keys. */
export interface LeaseRevokeCommand {
  readonly kind: "leaseRevoke";
  readonly leaseId: LeaseId;
}

export type WriteCommand =
  | SetCommand
  | SetMultiCommand
  | DeleteCommand
  | DeleteMultiCommand
  | DeleteRangeCommand
  | CompareAndSwapCommand
  | CompareAndDeleteCommand
  | TransactionCommand
  | LeaseGrantCommand
  | LeaseRevokeCommand;

/** `revision` is always the store's revision after the command, whether or not the command took it. */
export interface SetResult {
  readonly kind: "set";
  readonly revision: Revision;
  /** Only when asked for; `undefined` also when there was none. */
  readonly previous?: KeyValueEntry | undefined;
}

export interface SetMultiResult {
  readonly kind: "setMulti";
  readonly revision: Revision;
}

export interface DeleteResult {
  readonly kind: "delete";
  readonly revision: Revision;
  readonly deletedCount: number;
  /** Only when asked for: the entries that were deleted, in key order. */
  readonly previous?: readonly KeyValueEntry[] | undefined;
}

export type CompareResult =
  | { readonly kind: "compare"; readonly outcome: "ok"; readonly revision: Revision }
  | {
      readonly kind: "compare";
      readonly outcome: "conflict";
      readonly revision: Revision;
      /** What is there instead; `undefined` when the key is absent. */
      readonly actual: KeyValueEntry | undefined;
    };

export interface LeaseGrantResult {
  readonly kind: "leaseGrant";
  readonly revision: Revision;
  readonly leaseId: LeaseId;
  readonly ttlMs: number;
}

export interface LeaseRevokeResult {
  readonly kind: "leaseRevoke";
  readonly revision: Revision;
  /** Whether there was such a lease. */
  readonly wasGranted: boolean;
  readonly deletedCount: number;
}

export type WriteResult =
  | SetResult
  | SetMultiResult
  | DeleteResult
  | CompareResult
  | TransactionResult
  | LeaseGrantResult
  | LeaseRevokeResult;

interface ResultByKind {
  readonly set: SetResult;
  readonly setMulti: SetMultiResult;
  readonly delete: DeleteResult;
  readonly deleteMulti: DeleteResult;
  readonly deleteRange: DeleteResult;
  readonly compareAndSwap: CompareResult;
  readonly compareAndDelete: CompareResult;
  readonly transaction: TransactionResult;
  readonly leaseGrant: LeaseGrantResult;
  readonly leaseRevoke: LeaseRevokeResult;
}

export type WriteResultOf<Command extends WriteCommand> = ResultByKind[Command["kind"]];
