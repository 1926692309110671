import type { KeyValueEntry, Revision } from "./key-value-entry.ts";

/** What a compare-and-swap demands of the present state of its key. */
export type Expected =
  | { readonly kind: "absent" }
  | { readonly kind: "value"; readonly value: Uint8Array }
  | { readonly kind: "modRevision"; readonly modRevision: Revision };

export interface KeyValuePair {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface SetCommand extends KeyValuePair {
  readonly kind: "set";
  readonly returnPrevious?: boolean;
}

/** All or nothing, one revision. A key must not appear twice. */
export interface SetMultiCommand {
  readonly kind: "setMulti";
  readonly pairs: readonly KeyValuePair[];
}

/** Idempotent: deleting what is not there succeeds and takes no revision. */
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

export interface CompareAndSwapCommand extends KeyValuePair {
  readonly kind: "compareAndSwap";
  readonly expected: Expected;
}

export interface CompareAndDeleteCommand {
  readonly kind: "compareAndDelete";
  readonly key: string;
  readonly expected: Expected;
}

export type WriteCommand =
  | SetCommand
  | SetMultiCommand
  | DeleteCommand
  | DeleteMultiCommand
  | CompareAndSwapCommand
  | CompareAndDeleteCommand;

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

export type WriteResult = SetResult | SetMultiResult | DeleteResult | CompareResult;

export type WriteResultOf<Command extends WriteCommand> = Command extends SetCommand
  ? SetResult
  : Command extends SetMultiCommand
    ? SetMultiResult
    : Command extends DeleteCommand | DeleteMultiCommand
      ? DeleteResult
      : CompareResult;
