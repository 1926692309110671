import { compareKeys } from "../key.ts";
import type { LeaseBinding, LeaseId, LeaseStatus } from "../lease.ts";
import { limits } from "../limits.ts";
import type { LogIndex } from "../log-id.ts";
import { writeRefusalError } from "../write-refusal.ts";
import { SortedList } from "./sorted-list.ts";
import type { UndoLog } from "./undo-log.ts";

/** When a command is applied. */
export interface Moment {
  readonly appliedIndex: LogIndex;
  readonly nowMs: number;
}

export interface LeaseTerms {
  readonly ttlMs: number;
  /** Otherwise the number comes from the log. */
  readonly leaseId?: LeaseId | undefined;
}

export interface LeaseRecord {
  readonly leaseId: LeaseId;
  readonly ttlMs: number;
  /** Made for one key, which has it to itself: it goes when the key leaves it. */
  readonly isOwn: boolean;
  readonly deadlineMs: number;
  readonly keys: Set<string>;
}

/** The leases and which keys are bound to them. The entries say the same from their side. */
export class LeaseBook {
  readonly #leases = new Map<LeaseId, LeaseRecord>();
  readonly #numbers = new SortedList<LeaseId>((left, right) => left - right);
  readonly #byDeadline = new SortedList<LeaseRecord>(compareDeadlines);
  readonly #undoLog: UndoLog;

  constructor(undoLog: UndoLog) {
    this.#undoLog = undoLog;
  }

  find(leaseId: LeaseId): LeaseRecord | undefined {
    return this.#leases.get(leaseId);
  }

  /** In the order of their numbers, from the first above `after` on. */
  above(after: LeaseId, limit: number): LeaseRecord[] {
    const from = this.#numbers.position(after + 1);
    const numbers = this.#numbers.slice(from, from + limit);
    return numbers.map((leaseId) => this.#leases.get(leaseId)).filter((lease) => lease !== undefined);
  }

  /** Of those that are due, the one that was due first. */
  firstDueBy(nowMs: number): LeaseRecord | undefined {
    const first = this.#byDeadline.at(0);
    return first !== undefined && first.deadlineMs <= nowMs ? first : undefined;
  }

  /** @throws AspenError when the number is taken or there are too many leases */
  grant({ ttlMs, leaseId }: LeaseTerms, moment: Moment, isOwn = false): LeaseRecord {
    if (leaseId !== undefined && this.#leases.has(leaseId)) throw writeRefusalError("leaseExists");
    if (this.#leases.size >= limits.leasesMax) throw writeRefusalError("tooManyLeases");
    const lease: LeaseRecord = {
      leaseId: leaseId ?? this.#freeNumber(moment.appliedIndex),
      ttlMs,
      isOwn,
      deadlineMs: moment.nowMs + ttlMs,
      keys: new Set(),
    };
    this.#add(lease);
    this.#undoLog.record(() => {
      this.#drop(lease);
    });
    return lease;
  }

  /** Its whole time again. Nothing but an answer follows, so there is nothing to take back. */
  keepAlive(lease: LeaseRecord, nowMs: number): LeaseRecord {
    const extended = { ...lease, deadlineMs: nowMs + lease.ttlMs };
    this.#drop(lease);
    this.#add(extended);
    return extended;
  }

  remove(lease: LeaseRecord): void {
    this.#drop(lease);
    this.#undoLog.record(() => {
      this.#add(lease);
    });
  }

  /**
   * Takes the key from the lease that it had to the one that it shall have, if any, and returns the number of that one.
   * @throws AspenError when there is no such lease, or no room for another one
   */
  rebind(
    key: string,
    from: LeaseId | undefined,
    { leaseId, ttlMs }: LeaseBinding,
    moment: Moment,
  ): LeaseId | undefined {
    const granted = leaseId === undefined ? undefined : this.#leases.get(leaseId);
    // The lease that a key has to itself is nobody's to name, not even the key's.
    const isBindable = leaseId === undefined || granted?.isOwn === false;
    if (!isBindable) throw writeRefusalError("leaseNotFound");
    if (leaseId !== undefined && leaseId === from) return leaseId;
    this.unbind(key, from);
    const to = ttlMs === undefined ? granted : this.grant({ ttlMs }, moment, true);
    if (to === undefined) return undefined;
    // When the lease ends, one command deletes all its keys.
    if (to.keys.size >= limits.changedKeysMax) throw writeRefusalError("tooManyKeys");
    to.keys.add(key);
    this.#undoLog.record(() => {
      to.keys.delete(key);
    });
    return to.leaseId;
  }

  unbind(key: string, leaseId: LeaseId | undefined): void {
    const lease = leaseId === undefined ? undefined : this.#leases.get(leaseId);
    if (lease === undefined) return;
    lease.keys.delete(key);
    this.#undoLog.record(() => {
      lease.keys.add(key);
    });
    if (lease.isOwn && lease.keys.size === 0) this.remove(lease);
  }

  #add(lease: LeaseRecord): void {
    this.#leases.set(lease.leaseId, lease);
    this.#numbers.insert(lease.leaseId);
    this.#byDeadline.insert(lease);
  }

  #drop(lease: LeaseRecord): void {
    this.#leases.delete(lease.leaseId);
    this.#numbers.delete(lease.leaseId);
    this.#byDeadline.delete(lease);
  }

  /** The lowest number from this one on that no lease has. */
  #freeNumber(lowest: LeaseId): LeaseId {
    const from = this.#numbers.position(lowest);
    const to = this.#numbers.partitionPoint((leaseId, position) => {
      return position < from || leaseId === lowest + position - from;
    });
    return lowest + to - from;
  }
}

function compareDeadlines(left: LeaseRecord, right: LeaseRecord): number {
  return left.deadlineMs - right.deadlineMs || left.leaseId - right.leaseId;
}

export function leaseStatus({ leaseId, ttlMs, deadlineMs }: LeaseRecord, nowMs: number): LeaseStatus {
  return { leaseId, ttlMs, remainingMs: Math.max(0, deadlineMs - nowMs) };
}

export function leaseKeys({ keys }: LeaseRecord): string[] {
  return [...keys].sort(compareKeys);
}
