/**
 * What a subscriber to the log is told of an entry.
 *
 * L1  With prefixes, nothing is told of a key outside of them: no key, no value, no bound of a range. What of a command
 *     lies within is told, and marked as a part.
 * L2  With prefixes, what names no key is not told: sessions, leases, memberships. Which keys a lease held is not in the
 *     log, so that its end cannot be told to those who see some of them.
 * L3  System keys are told to nobody.
 */
import {
  unreachable,
  type Compare,
  type KeyRange,
  type LogAction,
  type LogEntry,
  type LogRecord,
  type TransactionCommand,
  type TransactionOperation,
} from "@aspenjs/api";
import { decodeLogCommand } from "@aspenjs/protocol";
import { VisibleKeys } from "./key-cut.ts";

interface CutAction {
  readonly action: LogAction;
  readonly isPartial: boolean;
}

/** The entry as it was committed, before any filter. @throws DecodeError never, for what was applied here */
export function recordOf({ index, term, payload }: LogEntry): LogRecord {
  switch (payload.kind) {
    case "blank":
    case "membership":
      return { index, term, ...payload };
    case "command": {
      const { logTimeMs, session, action } = decodeLogCommand(payload.command);
      const record = { index, term, kind: "command", logTimeMs, action, isPartial: false } as const;
      if (session === undefined) return record;
      return { ...record, write: { sessionId: session.sessionId, sequence: session.sequence } };
    }
    default:
      return unreachable(payload);
  }
}

export class LogFilter {
  readonly keyPrefixes: readonly string[];
  readonly #visible: VisibleKeys;

  /** Without prefixes everything is told but system keys. */
  constructor(keyPrefixes: readonly string[]) {
    this.keyPrefixes = keyPrefixes;
    this.#visible = new VisibleKeys(keyPrefixes);
  }

  /** @returns nothing when there is nothing to tell */
  view(record: LogRecord): LogRecord | undefined {
    if (record.kind !== "command") return this.#isOpen ? record : undefined;
    const cut = this.#cutAction(record.action);
    return cut === undefined ? undefined : { ...record, ...cut };
  }

  get #isOpen(): boolean {
    return this.keyPrefixes.length === 0;
  }

  #cutAction(action: LogAction): CutAction | undefined {
    switch (action.kind) {
      case "set":
      case "delete":
      case "compareAndSwap":
      case "compareAndDelete":
        return this.#visible.has(action.key) ? { action, isPartial: false } : undefined;
      case "setMulti": {
        const pairs = action.pairs.filter((pair) => this.#visible.has(pair.key));
        if (pairs.length === 0) return undefined;
        return { action: { ...action, pairs }, isPartial: pairs.length < action.pairs.length };
      }
      case "deleteMulti": {
        const keys = action.keys.filter((key) => this.#visible.has(key));
        if (keys.length === 0) return undefined;
        return { action: { ...action, keys }, isPartial: keys.length < action.keys.length };
      }
      case "deleteRange": {
        const range = this.#cutRange(action.range);
        return range && { action: { ...action, range }, isPartial: range !== action.range };
      }
      case "transaction":
        return this.#cutTransaction(action);
      case "leaseGrant":
      case "leaseRevoke":
      case "openSession":
      case "closeSession":
      case "renewLeases":
      case "expireLeases":
      case "extendLeases":
        return this.#isOpen ? { action, isPartial: false } : undefined;
      default:
        return unreachable(action);
    }
  }

  #cutTransaction(whole: TransactionCommand): CutAction | undefined {
    const compares = whole.compares.filter((compare: Compare) => this.#visible.has(compare.key));
    const success = whole.success.flatMap((operation) => this.#cutOperation(operation));
    const failure = whole.failure.flatMap((operation) => this.#cutOperation(operation));
    if (compares.length + success.length + failure.length === 0) return undefined;
    const isPartial =
      compares.length < whole.compares.length || isCut(whole.success, success) || isCut(whole.failure, failure);
    return { action: { ...whole, compares, success, failure }, isPartial };
  }

  #cutOperation(operation: TransactionOperation): readonly TransactionOperation[] {
    if (!("range" in operation)) return this.#visible.has(operation.key) ? [operation] : [];
    const range = this.#cutRange(operation.range);
    if (range === undefined) return [];
    return [range === operation.range ? operation : { ...operation, range }];
  }

  /** Whoever sees everything is told a range as it is, an empty one too. */
  #cutRange(range: KeyRange): KeyRange | undefined {
    const cut = this.#visible.cut(range);
    return cut ?? (this.#isOpen && isEmptyOfUsers(range) ? range : undefined);
  }
}

function isCut(whole: readonly TransactionOperation[], kept: readonly TransactionOperation[]): boolean {
  return kept.length < whole.length || kept.some((operation, position) => operation !== whole[position]);
}

/** A range that ends before it begins, and says nothing of system keys. */
function isEmptyOfUsers(range: KeyRange): boolean {
  return range.kind === "range" && !range.start.startsWith("\u0000") && !range.end.startsWith("\u0000");
}
