/**
 * What one command does to the keys. Every change is there at once, for whatever the command does next; all of them
 * have one revision; and in the end all are kept, or all taken back, should the command come to nothing.
 */
import {
  assert,
  limits,
  type KeyValueEntry,
  type LeaseBinding,
  type LeaseId,
  type LogIndex,
  type Revision,
  type WriteRefusal,
} from "@aspenjs/api";
import type { ChangeHistory } from "./change-history.ts";
import type { KeyValueTable } from "./key-value-table.ts";
import type { LeaseTable, SavedLease } from "./lease-table.ts";
import { netChanges, type KeyStep } from "./net-changes.ts";

export interface ChangeContext {
  readonly table: KeyValueTable;
  readonly leases: LeaseTable;
  readonly history: ChangeHistory;
  /** The store's before the command. */
  readonly revision: Revision;
  /** Of the entry that holds the command: where new leases take their numbers from. */
  readonly index: LogIndex;
  readonly logTimeMs: number;
}

export type SetOutcome =
  | { readonly kind: "set"; readonly previous: KeyValueEntry | undefined }
  | { readonly kind: "refused"; readonly reason: WriteRefusal };

type BindingOutcome =
  | { readonly kind: "bound"; readonly leaseId: LeaseId | undefined }
  | { readonly kind: "refused"; readonly reason: WriteRefusal };

interface Change extends KeyStep {
  /** Had no key but this one. */
  readonly ended: SavedLease | undefined;
  readonly granted: LeaseId | undefined;
}

export class KeyChanges {
  readonly #context: ChangeContext;
  readonly #changes: Change[] = [];
  /** Keys that the command has deleted by ranges, of which it may delete so many in all. */
  rangedKeyCount = 0;

  constructor(context: ChangeContext) {
    this.#context = context;
  }

  /** The store's after the command, as far as it has come. */
  get revision(): Revision {
    return this.#changes.length === 0 ? this.#context.revision : this.#context.revision + 1;
  }

  get count(): number {
    return this.#changes.length;
  }

  set(key: string, value: Uint8Array, binding: LeaseBinding = {}): SetOutcome {
    const { table, revision } = this.#context;
    const previous = table.get(key);
    const ended = this.#release(previous);
    const bound = this.#leaseOf(binding);
    if (bound.kind === "refused") {
      this.#rebind(previous, ended);
      return bound;
    }
    const { leaseId } = bound;
    const entry: KeyValueEntry = {
      key,
      value,
      createRevision: previous?.createRevision ?? revision + 1,
      modRevision: revision + 1,
      version: (previous?.version ?? 0) + 1,
      ...(leaseId === undefined ? {} : { leaseId }),
    };
    if (leaseId !== undefined) this.#context.leases.bind(leaseId);
    table.put(entry);
    this.#changes.push({ key, previous, entry, ended, granted: binding.ttlMs === undefined ? undefined : leaseId });
    return { kind: "set", previous };
  }

  /** The entry that is gone; nothing when there was none. */
  delete(key: string): KeyValueEntry | undefined {
    const previous = this.#context.table.get(key);
    if (previous === undefined) return undefined;
    const ended = this.#release(previous);
    this.#context.table.delete(key);
    this.#changes.push({ key, previous, entry: undefined, ended, granted: undefined });
    return previous;
  }

  /** The command stands: what has become of the keys is in the history from now on (H1). */
  keep(): void {
    const { history, logTimeMs } = this.#context;
    if (this.#changes.length > 0) history.record(this.revision, logTimeMs, netChanges(this.#changes));
  }

  /** As if the command had done nothing. H3: nothing of it was told to the history yet. */
  undo(): void {
    const { table, leases } = this.#context;
    for (const { key, previous, entry, ended, granted } of this.#changes.splice(0).reverse()) {
      if (entry?.leaseId !== undefined) leases.unbind(entry.leaseId);
      if (granted !== undefined) leases.end(granted);
      if (previous === undefined) table.delete(key);
      else table.put(previous);
      this.#rebind(previous, ended);
    }
  }

  #leaseOf({ leaseId, ttlMs }: LeaseBinding): BindingOutcome {
    const { leases, index: firstNumber, logTimeMs } = this.#context;
    if (ttlMs !== undefined) {
      const outcome = leases.grant({ leaseId: undefined, firstNumber, ttlMs, logTimeMs, isOwnedByKey: true });
      return outcome.kind === "granted" ? { kind: "bound", leaseId: outcome.leaseId } : outcome;
    }
    if (leaseId === undefined) return { kind: "bound", leaseId };
    // L4: a lease that a key has to itself is nobody else's.
    if (leases.find(leaseId)?.isOwnedByKey !== false) return { kind: "refused", reason: "leaseNotFound" };
    const isFull = leases.keyCount(leaseId) >= limits.changedKeysMax;
    return isFull ? { kind: "refused", reason: "tooManyKeys" } : { kind: "bound", leaseId };
  }

  /** L4: a lease that the key has to itself ends here, and is returned. */
  #release(entry: KeyValueEntry | undefined): SavedLease | undefined {
    if (entry?.leaseId === undefined) return undefined;
    const { leases } = this.#context;
    leases.unbind(entry.leaseId);
    return leases.find(entry.leaseId)?.isOwnedByKey === true ? leases.end(entry.leaseId) : undefined;
  }

  #rebind(entry: KeyValueEntry | undefined, ended: SavedLease | undefined): void {
    const { leases } = this.#context;
    if (ended !== undefined) leases.restore(ended);
    if (entry?.leaseId === undefined) return;
    assert(leases.find(entry.leaseId) !== undefined, "L3: keys are bound to leases that are there");
    leases.bind(entry.leaseId);
  }
}
