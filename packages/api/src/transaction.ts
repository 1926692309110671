import type { KeyValueEntry, Revision } from "./key-value-entry.ts";
import type { LeaseBinding } from "./lease.ts";
import type { KeyRange } from "./read.ts";

export const COMPARE_OPERATORS = ["=", "!=", "<", ">"] as const;
export type CompareOperator = (typeof COMPARE_OPERATORS)[number];

interface CompareHead {
  readonly key: string;
  readonly operator: CompareOperator;
}

/** Values compare as bytes. A key that does not exist has no value: no such comparison holds, "!=" included. */
export interface ValueCompare extends CompareHead {
  readonly target: "value";
  readonly value: Uint8Array;
}

export const NUMBER_TARGETS = ["version", "createRevision", "modRevision", "lease"] as const;
export type NumberTarget = (typeof NUMBER_TARGETS)[number];

/** A key that does not exist, or is bound to no lease, has 0. So `version = 0` means that there is no such key. */
export interface NumberCompare extends CompareHead {
  readonly target: NumberTarget;
  readonly number: number;
}

export type Compare = ValueCompare | NumberCompare;

export type TransactionOperation =
  | { readonly kind: "get"; readonly key: string }
  | ({
      readonly kind: "set";
      readonly key: string;
      readonly value: Uint8Array;
      readonly returnPrevious?: boolean;
    } & LeaseBinding)
  | { readonly kind: "delete"; readonly key: string; readonly returnPrevious?: boolean }
  | { readonly kind: "deleteRange"; readonly range: KeyRange; readonly returnPrevious?: boolean }
  | {
      readonly kind: "scan";
      readonly range: KeyRange;
      /** Default 1,000, at most 10,000; 0 counts only. */
      readonly limit?: number;
      readonly reverse?: boolean;
      readonly keysOnly?: boolean;
    };

/**
 * When all `compares` hold (none of them always do), the operations of `success` run, otherwise those of `failure`: in
 * their order, each seeing what the ones before it did, all at one revision. In one branch no key may be changed twice.
 * At most 1,000 compares and operations in all. What would answer with more than 4 MiB or 10,000 entries changes
 * nothing and fails with `batch_too_large`.
 */
export interface TransactionCommand {
  readonly kind: "transaction";
  readonly compares: readonly Compare[];
  readonly success: readonly TransactionOperation[];
  readonly failure: readonly TransactionOperation[];
}

export type OperationResult =
  | { readonly kind: "get"; readonly entry: KeyValueEntry | undefined }
  | { readonly kind: "set"; readonly previous?: KeyValueEntry | undefined }
  | { readonly kind: "delete"; readonly deletedCount: number; readonly previous?: readonly KeyValueEntry[] | undefined }
  | {
      readonly kind: "scan";
      readonly entries: readonly KeyValueEntry[];
      readonly count: number;
      readonly isTruncated: boolean;
    };

export interface TransactionResult {
  readonly kind: "transaction";
  readonly revision: Revision;
  /** Whether all compares held. */
  readonly succeeded: boolean;
  /** One for each operation of the branch that ran. */
  readonly results: readonly OperationResult[];
}
