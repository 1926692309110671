import { unreachable } from "../assert.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import type { LeaseBinding } from "../lease.ts";
import { limits } from "../limits.ts";
import type { OperationResult, TransactionOperation } from "../transaction.ts";
import type { KeyValuePair } from "../write-command.ts";
import type { RevisionDraft } from "./revision-draft.ts";

type SetOutcome = Extract<OperationResult, { kind: "set" }>;
type DeleteOutcome = Extract<OperationResult, { kind: "delete" }>;

/** What a transaction does in one step. Some of it is a command of its own as well. */
export function runOperation(draft: RevisionDraft, operation: TransactionOperation): OperationResult {
  switch (operation.kind) {
    case "get": {
      const entry = draft.find(operation.key);
      return { kind: "get", entry: entry && draft.answer(entry) };
    }
    case "set":
      return setKey(draft, operation, operation.returnPrevious === true);
    case "delete":
      return deletion(draft, draft.delete([operation.key]), operation.returnPrevious === true);
    case "deleteRange":
      return deletion(draft, draft.deleteRange(operation.range), operation.returnPrevious === true);
    case "scan": {
      const { range, limit = limits.scanLimitDefault, reverse = false, keysOnly = false } = operation;
      return { kind: "scan", ...draft.scan({ range, limit, reverse, keysOnly, after: undefined }) };
    }
    default:
      return unreachable(operation);
  }
}

export function setKey(draft: RevisionDraft, pair: KeyValuePair & LeaseBinding, isPreviousWanted: boolean): SetOutcome {
  const previous = draft.set(pair, pair);
  return isPreviousWanted ? { kind: "set", previous: previous && draft.answer(previous) } : { kind: "set" };
}

/** What is said of the entries that the draft has deleted. */
export function deletion(
  draft: RevisionDraft,
  deleted: readonly KeyValueEntry[],
  isPreviousWanted: boolean,
): DeleteOutcome {
  const outcome = { kind: "delete", deletedCount: deleted.length } as const;
  return isPreviousWanted ? { ...outcome, previous: deleted.map((entry) => draft.answer(entry)) } : outcome;
}
