import type { KeyValueEntry } from "../src/key-value-entry.ts";
import type { LeaseBinding } from "../src/lease.ts";
import { limits } from "../src/limits.ts";
import type { KeyRange } from "../src/read.ts";
import type { Compare, OperationResult, TransactionOperation } from "../src/transaction.ts";
import type { Expected, WriteCommand, WriteResult } from "../src/write-command.ts";
import type { WriteRefusal } from "../src/write-refusal.ts";

interface NaiveLease {
  ttlMs: number;
  deadlineMs: number;
  isOwn: boolean;
}

export type NaiveOutcome =
  | { readonly kind: "result"; readonly result: WriteResult }
  | { readonly kind: "refused"; readonly reason: WriteRefusal };

class Refusal extends Error {
  readonly reason: WriteRefusal;

  constructor(reason: WriteRefusal) {
    super(reason);
    this.reason = reason;
  }
}

function rank(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/**
 * The contract in the plainest way: maps that are copied before every command, put back when it is refused, and sorted
 * and searched whenever somebody looks. Keeps no bound but those of the store that is compared with it.
 */
export class NaiveStore {
  revision = 0;
  appliedIndex = 0;
  nowMs = 0;
  entries = new Map<string, KeyValueEntry>();
  leases = new Map<number, NaiveLease>();
  #isChanged = false;

  write(command: WriteCommand): NaiveOutcome {
    this.endDueLeases();
    this.appliedIndex += 1;
    const [entries, leases] = [new Map(this.entries), new Map(this.leases)];
    this.#isChanged = false;
    try {
      const result = this.#run(command);
      const revision = this.#isChanged ? this.revision + 1 : this.revision;
      this.revision = revision;
      return { kind: "result", result: { ...result, revision } as WriteResult };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      [this.entries, this.leases] = [entries, leases];
      return { kind: "refused", reason: error.reason };
    }
  }

  /** Whether there was such a lease. */
  keepLeaseAlive(leaseId: number): boolean {
    this.endDueLeases();
    this.appliedIndex += 1;
    const lease = this.leases.get(leaseId);
    if (lease !== undefined) this.leases.set(leaseId, { ...lease, deadlineMs: this.nowMs + lease.ttlMs });
    return lease !== undefined;
  }

  endDueLeases(): void {
    const due = [...this.leases].filter(([, lease]) => lease.deadlineMs <= this.nowMs);
    due.sort(([left, { deadlineMs: leftMs }], [right, { deadlineMs: rightMs }]) => leftMs - rightMs || left - right);
    for (const [leaseId] of due) {
      this.appliedIndex += 1;
      this.#isChanged = false;
      this.#end(leaseId);
      if (this.#isChanged) this.revision += 1;
    }
  }

  keysOf(leaseId: number): string[] {
    return this.sorted({ kind: "prefix", prefix: "" })
      .filter((entry) => entry.leaseId === leaseId)
      .map((entry) => entry.key);
  }

  sorted(range: KeyRange): KeyValueEntry[] {
    const isInside = (key: string) =>
      range.kind === "prefix" ? key.startsWith(range.prefix) : rank(key, range.start) >= 0 && rank(key, range.end) < 0;
    const entries = [...this.entries.values()].filter(({ key }) => isInside(key));
    return entries.sort((left, right) => rank(left.key, right.key));
  }

  /** What the command answers with, but for the revision. */
  #run(command: WriteCommand): object {
    switch (command.kind) {
      case "set":
      case "delete":
      case "deleteRange":
        return this.#operate(command);
      case "setMulti":
        for (const { key, value } of command.pairs) this.#set(key, value, {});
        return { kind: "setMulti" };
      case "deleteMulti":
        return this.#delete(command.keys, command.returnPrevious);
      case "compareAndSwap":
      case "compareAndDelete": {
        const actual = this.entries.get(command.key);
        if (!isAsExpected(actual, command.expected)) return { kind: "compare", outcome: "conflict", actual };
        if (command.kind === "compareAndSwap") this.#set(command.key, command.value, {});
        else this.#delete([command.key], false);
        return { kind: "compare", outcome: "ok" };
      }
      case "transaction": {
        const succeeded = command.compares.every((compare) => this.#holds(compare));
        const branch = succeeded ? command.success : command.failure;
        return {
          kind: "transaction",
          succeeded,
          results: branch.map((operation) => this.#operate(operation)),
        };
      }
      case "leaseGrant": {
        if (command.leaseId !== undefined && this.leases.has(command.leaseId)) throw new Refusal("leaseExists");
        const leaseId = this.#grant(command.ttlMs, false, command.leaseId);
        return { kind: "leaseGrant", leaseId, ttlMs: command.ttlMs };
      }
      case "leaseRevoke": {
        const wasGranted = this.leases.has(command.leaseId);
        return { kind: "leaseRevoke", wasGranted, deletedCount: this.#end(command.leaseId) };
      }
    }
  }

  #holds(compare: Compare): boolean {
    const entry = this.entries.get(compare.key);
    let order: number;
    if (compare.target === "value") {
      if (entry === undefined) return false;
      order = Buffer.compare(entry.value, compare.value);
    } else {
      const numbers = { createRevision: 0, modRevision: 0, version: 0, ...entry, lease: entry?.leaseId ?? 0 };
      order = Math.sign(numbers[compare.target] - compare.number);
    }
    return { "=": order === 0, "!=": order !== 0, "<": order === -1, ">": order === 1 }[compare.operator];
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
        return this.#delete(
          this.sorted(operation.range).map(({ key }) => key),
          operation.returnPrevious,
        );
      case "scan": {
        const all = this.sorted(operation.range);
        const { limit = limits.scanLimitDefault } = operation;
        if (limit === 0) return { kind: "scan", entries: [], count: all.length, isTruncated: false };
        if (operation.reverse === true) all.reverse();
        const entries = all.slice(0, limit).map((entry) => {
          return operation.keysOnly === true ? { ...entry, value: new Uint8Array() } : entry;
        });
        return { kind: "scan", entries, count: entries.length, isTruncated: all.length > limit };
      }
    }
  }

  #set(key: string, value: Uint8Array, { leaseId, ttlMs }: LeaseBinding): void {
    if (leaseId !== undefined && this.leases.get(leaseId)?.isOwn !== false) throw new Refusal("leaseNotFound");
    const previous = this.entries.get(key);
    this.#isChanged = true;
    const modRevision = this.revision + 1;
    const version = (previous?.version ?? 0) + 1;
    const entry = { key, value, createRevision: previous?.createRevision ?? modRevision, modRevision, version };
    this.entries.set(key, leaseId === undefined ? entry : { ...entry, leaseId });
    this.#endEmptyOwnLease(previous?.leaseId);
    if (ttlMs !== undefined) this.entries.set(key, { ...entry, leaseId: this.#grant(ttlMs, true) });
  }

  #delete(keys: readonly string[], returnPrevious = false): Extract<OperationResult, { kind: "delete" }> {
    const previous = keys.map((key) => this.entries.get(key)).filter((entry) => entry !== undefined);
    previous.sort((left, right) => rank(left.key, right.key));
    for (const { key, leaseId } of previous) {
      this.entries.delete(key);
      this.#endEmptyOwnLease(leaseId);
      this.#isChanged = true;
    }
    const result = { kind: "delete", deletedCount: previous.length } as const;
    return returnPrevious ? { ...result, previous } : result;
  }

  #endEmptyOwnLease(leaseId: number | undefined): void {
    if (leaseId === undefined || this.leases.get(leaseId)?.isOwn !== true) return;
    if (this.keysOf(leaseId).length === 0) this.leases.delete(leaseId);
  }

  #grant(ttlMs: number, isOwn: boolean, chosen?: number): number {
    let leaseId = chosen ?? this.appliedIndex;
    while (this.leases.has(leaseId)) leaseId += 1;
    this.leases.set(leaseId, { ttlMs, deadlineMs: this.nowMs + ttlMs, isOwn });
    return leaseId;
  }

  #end(leaseId: number): number {
    const { deletedCount } = this.#delete(this.keysOf(leaseId));
    this.leases.delete(leaseId);
    return deletedCount;
  }
}

function isAsExpected(actual: KeyValueEntry | undefined, expected: Expected): boolean {
  if (expected.kind === "absent") return actual === undefined;
  if (expected.kind === "modRevision") return actual?.modRevision === expected.modRevision;
  return actual !== undefined && Buffer.compare(actual.value, expected.value) === 0;
}
