import type {
  Compare,
  Expected,
  KeyRange,
  KeyValueEntry,
  LeaseBinding,
  KeyChange,
  LeaseId,
  CommandResult,
  OperationResult,
  RevisionChanges,
  ScanPage,
  ScanQuery,
  StoredLease,
  TransactionOperation,
  WriteCommand,
  WriteRefusal,
  WriteResult,
} from "@aspenjs/api";
import type { LogAction } from "@aspenjs/protocol";

/** Where a command stands in the log. */
export interface LogPlace {
  readonly index: number;
  readonly logTimeMs: number;
}

interface ModelLease {
  readonly ttlMs: number;
  readonly deadlineMs: number;
  readonly isOwnedByKey: boolean;
}

class Refusal extends Error {
  readonly reason: WriteRefusal;

  constructor(reason: WriteRefusal) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * The rules of the store in the fewest words, slow on purpose, and sharing nothing with the code under test: each
 * command works on a copy of everything, which takes the place of the original when the command was not refused. It
 * knows no sessions, and none of the bounds on what one command may change or answer with.
 */
export class ReferenceModel {
  /** What every revision changed: how the keys differ from those of the one before. */
  readonly history: RevisionChanges[] = [];
  #state = new ModelState(new Map(), new Map(), 0);
  logTimeMs = 0;

  get revision(): number {
    return this.#state.revision;
  }

  apply(action: LogAction, { index, logTimeMs }: LogPlace): CommandResult {
    this.logTimeMs = Math.max(this.logTimeMs, logTimeMs);
    const draft = this.#state.draft({ index, logTimeMs: this.logTimeMs });
    try {
      const result = draft.run(action);
      if (draft.revision > this.revision) {
        this.history.push({ revision: draft.revision, changes: differences(this.#state.entries, draft.entries) });
      }
      this.#state = draft;
      return result;
    } catch (error) {
      if (error instanceof Refusal) return { kind: "refused", reason: error.reason };
      throw error;
    }
  }

  scan(query: ScanQuery): ScanPage {
    return this.#state.scan(query);
  }

  /** In the order of their numbers, each with all its keys. */
  leases(): (StoredLease & { keyCount: number; keys: readonly string[] })[] {
    const ordered = [...this.#state.leases].sort(([left], [right]) => left - right);
    return ordered.map(([leaseId, { ttlMs, deadlineMs }]) => {
      const keys = this.#state.keysOf(leaseId);
      return { leaseId, ttlMs, deadlineMs, keyCount: keys.length, keys };
    });
  }
}

class ModelState {
  readonly entries: Map<string, KeyValueEntry>;
  readonly leases: Map<LeaseId, ModelLease>;
  readonly #revisionBefore: number;
  readonly #place: LogPlace;
  #isChanged = false;

  constructor(
    entries: ReadonlyMap<string, KeyValueEntry>,
    leases: ReadonlyMap<LeaseId, ModelLease>,
    revision: number,
    place: LogPlace = { index: 0, logTimeMs: 0 },
  ) {
    this.entries = new Map(entries);
    this.leases = new Map(leases);
    this.#revisionBefore = revision;
    this.#place = place;
  }

  draft(place: LogPlace): ModelState {
    return new ModelState(this.entries, this.leases, this.revision, place);
  }

  get revision(): number {
    return this.#isChanged ? this.#revisionBefore + 1 : this.#revisionBefore;
  }

  keysOf(leaseId: LeaseId): string[] {
    const bound = [...this.entries.values()].filter((entry) => entry.leaseId === leaseId);
    return bound.map(({ key }) => key).sort(order);
  }

  run(action: LogAction): CommandResult {
    const touched = (leaseIds: readonly LeaseId[]): CommandResult => {
      return { kind: "leasesTouched", revision: this.revision, leaseIds };
    };
    switch (action.kind) {
      case "openSession":
      case "closeSession":
        throw new Error("the model knows no sessions");
      case "renewLeases": {
        const there = action.leaseIds.filter((leaseId) => this.leases.has(leaseId));
        for (const leaseId of there) this.#renew(leaseId);
        return touched(there);
      }
      case "extendLeases":
        for (const leaseId of this.leases.keys()) this.#renew(leaseId);
        return touched([]);
      case "expireLeases": {
        const due = action.leaseIds.filter((leaseId) => {
          const lease = this.leases.get(leaseId);
          return lease !== undefined && this.#place.logTimeMs >= lease.deadlineMs;
        });
        for (const leaseId of due) this.#end(leaseId);
        return touched(due);
      }
      default:
        return { kind: "written", result: this.#write(action) };
    }
  }

  scan({ range, limit, reverse, keysOnly, after }: ScanQuery): ScanPage {
    const isAhead = (key: string): boolean =>
      after === undefined || (reverse ? order(key, after) < 0 : order(key, after) > 0);
    const keys = this.#keysIn(range).filter(isAhead);
    if (reverse) keys.reverse();
    if (limit === 0) return { entries: [], count: keys.length, isTruncated: false };
    const entries = keys.slice(0, limit).map((key) => this.#entry(key, keysOnly));
    return { entries, count: entries.length, isTruncated: keys.length > limit };
  }

  #write(command: WriteCommand): WriteResult {
    switch (command.kind) {
      case "set":
      case "delete":
      case "deleteRange":
        return { ...this.#operate(command), revision: this.revision } as WriteResult;
      case "deleteMulti":
        return { ...this.#delete(command.keys, command.returnPrevious), revision: this.revision };
      case "setMulti":
        for (const { key, value } of command.pairs) this.#set(key, value);
        return { kind: "setMulti", revision: this.revision };
      case "compareAndSwap":
      case "compareAndDelete": {
        const actual = this.entries.get(command.key);
        if (!matches(actual, command.expected)) {
          return { kind: "compare", outcome: "conflict", revision: this.revision, actual };
        }
        if (command.kind === "compareAndSwap") this.#set(command.key, command.value);
        else this.#remove(command.key);
        return { kind: "compare", outcome: "ok", revision: this.revision };
      }
      case "transaction": {
        const succeeded = command.compares.every((compare) => holds(compare, this.entries.get(compare.key)));
        const results = command[succeeded ? "success" : "failure"].map((operation) => this.#operate(operation));
        return { kind: "transaction", revision: this.revision, succeeded, results };
      }
      case "leaseGrant": {
        const leaseId = this.#grant(command.leaseId, command.ttlMs, false);
        return { kind: "leaseGrant", revision: this.revision, leaseId, ttlMs: command.ttlMs };
      }
      case "leaseRevoke": {
        const wasGranted = this.leases.has(command.leaseId);
        const deletedCount = this.#end(command.leaseId);
        return { kind: "leaseRevoke", revision: this.revision, wasGranted, deletedCount };
      }
    }
  }

  #operate(operation: TransactionOperation): OperationResult {
    switch (operation.kind) {
      case "get":
        return { kind: "get", entry: this.entries.get(operation.key) };
      case "set": {
        const previous = this.entries.get(operation.key);
        this.#set(operation.key, operation.value, operation);
        return operation.returnPrevious === true ? { kind: "set", previous } : { kind: "set" };
      }
      case "delete":
        return this.#delete([operation.key], operation.returnPrevious);
      case "deleteRange":
        return this.#delete(this.#keysIn(operation.range), operation.returnPrevious);
      case "scan": {
        const { range, limit = 1_000, reverse = false, keysOnly = false } = operation;
        return { kind: "scan", ...this.scan({ range, limit, reverse, keysOnly, after: undefined }) };
      }
    }
  }

  #delete(keys: readonly string[], isPreviousWanted = false): Extract<OperationResult, { kind: "delete" }> {
    const previous = keys.flatMap((key) => this.#remove(key) ?? []).sort((a, b) => order(a.key, b.key));
    const result = { kind: "delete", deletedCount: previous.length } as const;
    return isPreviousWanted ? { ...result, previous } : result;
  }

  #set(key: string, value: Uint8Array, { leaseId, ttlMs }: LeaseBinding = {}): void {
    const previous = this.#remove(key);
    if (leaseId !== undefined && this.leases.get(leaseId)?.isOwnedByKey !== false) throw new Refusal("leaseNotFound");
    const bound = ttlMs === undefined ? leaseId : this.#grant(undefined, ttlMs, true);
    this.#isChanged = true;
    const { createRevision, version } = previous ?? { createRevision: this.revision, version: 0 };
    const entry = { key, value, createRevision, modRevision: this.revision, version: version + 1 };
    this.entries.set(key, bound === undefined ? entry : { ...entry, leaseId: bound });
  }

  /** The key, and the lease that it has to itself. */
  #remove(key: string): KeyValueEntry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.#isChanged = true;
    this.entries.delete(key);
    if (entry.leaseId !== undefined && this.leases.get(entry.leaseId)?.isOwnedByKey === true) {
      this.leases.delete(entry.leaseId);
    }
    return entry;
  }

  #grant(leaseId: LeaseId | undefined, ttlMs: number, isOwnedByKey: boolean): LeaseId {
    if (leaseId !== undefined && this.leases.has(leaseId)) throw new Refusal("leaseExists");
    let number = leaseId ?? this.#place.index;
    while (this.leases.has(number)) number += 1;
    this.leases.set(number, { ttlMs, deadlineMs: this.#place.logTimeMs + ttlMs, isOwnedByKey });
    return number;
  }

  #renew(leaseId: LeaseId): void {
    const lease = this.leases.get(leaseId);
    if (lease === undefined) throw new Error("the model lost a lease");
    this.leases.set(leaseId, { ...lease, deadlineMs: this.#place.logTimeMs + lease.ttlMs });
  }

  #end(leaseId: LeaseId): number {
    const keys = this.keysOf(leaseId);
    for (const key of keys) this.#remove(key);
    this.leases.delete(leaseId);
    return keys.length;
  }

  #keysIn(range: KeyRange): string[] {
    const isIn = (key: string): boolean =>
      range.kind === "prefix"
        ? key.startsWith(range.prefix)
        : order(key, range.start) >= 0 && order(key, range.end) < 0;
    return [...this.entries.keys()].filter((key) => !key.startsWith("\0") && isIn(key)).sort(order);
  }

  #entry(key: string, keysOnly: boolean): KeyValueEntry {
    const entry = this.entries.get(key);
    if (entry === undefined) throw new Error("the model lost a key");
    return keysOnly ? { ...entry, value: new Uint8Array() } : entry;
  }
}

function differences(
  before: ReadonlyMap<string, KeyValueEntry>,
  after: ReadonlyMap<string, KeyValueEntry>,
): KeyChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort(order);
  return keys.flatMap((key): KeyChange[] => {
    const [previous, entry] = [before.get(key), after.get(key)];
    if (entry === previous) return [];
    const held = previous === undefined ? {} : { previous };
    return entry === undefined ? [{ kind: "delete", key, ...held }] : [{ kind: "put", entry, ...held }];
  });
}

function order(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function matches(actual: KeyValueEntry | undefined, expected: Expected): boolean {
  if (expected.kind === "absent") return actual === undefined;
  if (actual === undefined) return false;
  if (expected.kind === "value") return Buffer.from(actual.value).equals(expected.value);
  return actual.modRevision === expected.modRevision;
}

function holds(compare: Compare, entry: KeyValueEntry | undefined): boolean {
  if (compare.target === "value") {
    return entry !== undefined && stands(orderOfBytes(entry.value, compare.value), compare.operator);
  }
  const numbers = { version: 0, createRevision: 0, modRevision: 0, lease: entry?.leaseId ?? 0, ...entry };
  return stands(Math.sign(numbers[compare.target] - compare.number), compare.operator);
}

function orderOfBytes(left: Uint8Array, right: Uint8Array): number {
  const [one, other] = [Buffer.from(left).toString("hex"), Buffer.from(right).toString("hex")];
  return one < other ? -1 : Number(one > other);
}

function stands(sign: number, operator: Compare["operator"]): boolean {
  return { "=": sign === 0, "!=": sign !== 0, "<": sign < 0, ">": sign > 0 }[operator];
}
