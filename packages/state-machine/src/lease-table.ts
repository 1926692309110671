/**
 * Leases, and how many keys each holds.
 *
 * Boundary: a function of the log, like the table of sessions. It sees log time, never a clock. That a lease is over
 * is decided by whoever leads, and takes effect where the log says so.
 *
 * Invariants
 * L1  A lease ends only at a log time at or behind its deadline, or when it is revoked.
 * L2  Every change of a leader gives every lease its whole time again, before any lease can end in the new term.
 * L3  No key is bound to a lease that is not there: the end of a lease is the end of its keys.
 * L4  A lease that a key has to itself ends with the key's binding.
 */
import { assert, limits, type LeaseId, type StoredLease, type WriteRefusal } from "@aspenjs/api";
import { LeaseNumbers } from "./lease-numbers.ts";

/** As it is stored. */
export interface SavedLease extends StoredLease {
  /** A key has this lease to itself: the command that set the key made it. */
  readonly isOwnedByKey: boolean;
}

export interface SavedLeases {
  readonly leases: readonly SavedLease[];
  /** The log time at which all leases were given their whole time again, in place of writing each of them. */
  readonly extendedAtMs: number;
}

export interface LeaseGrant {
  /** Without one it is the first free number from `firstNumber` on. */
  readonly leaseId: LeaseId | undefined;
  readonly firstNumber: LeaseId;
  readonly ttlMs: number;
  readonly logTimeMs: number;
  readonly isOwnedByKey: boolean;
}

export type GrantOutcome =
  | { readonly kind: "granted"; readonly leaseId: LeaseId }
  | { readonly kind: "refused"; readonly reason: WriteRefusal };

export class LeaseTable {
  readonly #leases = new Map<LeaseId, SavedLease>();
  readonly #numbers: LeaseNumbers;
  readonly #keyCounts = new Map<LeaseId, number>();
  readonly #leasesMax: number;
  readonly #changed = new Set<LeaseId>();
  #extendedAtMs: number;

  /** @param keyCounts of the leases that hold keys */
  constructor(
    saved: SavedLeases,
    keyCounts: Iterable<readonly [LeaseId, number]> = [],
    leasesMax: number = limits.leasesMax,
  ) {
    this.#extendedAtMs = saved.extendedAtMs;
    this.#leasesMax = leasesMax;
    for (const lease of saved.leases) this.#leases.set(lease.leaseId, lease);
    this.#numbers = new LeaseNumbers(this.#leases.keys());
    for (const [leaseId, count] of keyCounts) {
      assert(this.#leases.has(leaseId), "L3: keys are bound to leases that are there");
      this.#keyCounts.set(leaseId, count);
    }
  }

  saved(): SavedLeases {
    return { leases: this.#named(this.#numbers.all()), extendedAtMs: this.#extendedAtMs };
  }

  get extendedAtMs(): number {
    return this.#extendedAtMs;
  }

  find(leaseId: LeaseId): SavedLease | undefined {
    return this.#leases.get(leaseId);
  }

  /** With the deadline that counts. */
  status(leaseId: LeaseId): StoredLease | undefined {
    const lease = this.#leases.get(leaseId);
    return lease === undefined ? undefined : this.#statusOf(lease);
  }

  /** In the order of their numbers, from the first above `after` on. */
  page(after: LeaseId, leasesMax: number): readonly StoredLease[] {
    return this.#named(this.#numbers.above(after, leasesMax)).map((lease) => this.#statusOf(lease));
  }

  keyCount(leaseId: LeaseId): number {
    return this.#keyCounts.get(leaseId) ?? 0;
  }

  grant({ leaseId, firstNumber, ttlMs, logTimeMs, isOwnedByKey }: LeaseGrant): GrantOutcome {
    if (leaseId !== undefined && this.#leases.has(leaseId)) return { kind: "refused", reason: "leaseExists" };
    if (this.#leases.size >= this.#leasesMax) return { kind: "refused", reason: "tooManyLeases" };
    const number = leaseId ?? this.#numbers.firstFree(firstNumber);
    this.restore({ leaseId: number, ttlMs, deadlineMs: logTimeMs + ttlMs, isOwnedByKey });
    return { kind: "granted", leaseId: number };
  }

  /** Puts back what `end` has taken away. */
  restore(lease: SavedLease): void {
    if (!this.#leases.has(lease.leaseId)) this.#numbers.add(lease.leaseId);
    this.#leases.set(lease.leaseId, lease);
    this.#changed.add(lease.leaseId);
  }

  /** Its keys must be gone, or be about to be given to others. */
  end(leaseId: LeaseId): SavedLease | undefined {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return undefined;
    assert(this.keyCount(leaseId) === 0, "L3: the end of a lease is the end of its keys");
    this.#leases.delete(leaseId);
    this.#numbers.delete(leaseId);
    this.#changed.add(leaseId);
    return lease;
  }

  bind(leaseId: LeaseId): void {
    assert(this.#leases.has(leaseId), "L3: keys are bound to leases that are there");
    this.#keyCounts.set(leaseId, this.keyCount(leaseId) + 1);
  }

  unbind(leaseId: LeaseId): void {
    const count = this.keyCount(leaseId);
    assert(count > 0, "a key that is unbound was bound");
    if (count === 1) this.#keyCounts.delete(leaseId);
    else this.#keyCounts.set(leaseId, count - 1);
  }

  /** Those that are there. */
  renew(leaseIds: readonly LeaseId[], logTimeMs: number): readonly LeaseId[] {
    return leaseIds.filter((leaseId) => {
      const lease = this.#leases.get(leaseId);
      if (lease !== undefined) this.restore({ ...lease, deadlineMs: logTimeMs + lease.ttlMs });
      return lease !== undefined;
    });
  }

  /** L2. */
  extendAll(logTimeMs: number): void {
    assert(logTimeMs >= this.#extendedAtMs, "log time never goes back");
    this.#extendedAtMs = logTimeMs;
  }

  isDue(leaseId: LeaseId, logTimeMs: number): boolean {
    const lease = this.#leases.get(leaseId);
    return lease !== undefined && this.#deadlineOf(lease) <= logTimeMs;
  }

  /** In the order of their numbers. */
  dueBy(logTimeMs: number, leasesMax: number): readonly LeaseId[] {
    const due: LeaseId[] = [];
    for (const [leaseId, lease] of this.#leases) if (this.#deadlineOf(lease) <= logTimeMs) due.push(leaseId);
    return due.sort((left, right) => left - right).slice(0, leasesMax);
  }

  /** Leases that were granted, renewed or ended since the last call, in the order of their numbers. */
  takeChanges(): readonly LeaseId[] {
    const changed = [...this.#changed].sort((left, right) => left - right);
    this.#changed.clear();
    return changed;
  }

  #deadlineOf({ deadlineMs, ttlMs }: SavedLease): number {
    return Math.max(deadlineMs, this.#extendedAtMs + ttlMs);
  }

  #statusOf(lease: SavedLease): StoredLease {
    return { leaseId: lease.leaseId, ttlMs: lease.ttlMs, deadlineMs: this.#deadlineOf(lease) };
  }

  #named(leaseIds: readonly LeaseId[]): SavedLease[] {
    return leaseIds.map((leaseId) => {
      const lease = this.#leases.get(leaseId);
      assert(lease !== undefined, "every number is that of a lease");
      return lease;
    });
  }
}
