import { assert, type LogId, type LogIndex, type StoredMembership } from "@aspenjs/api";

/**
 * The memberships that may still count: the last committed one and those in the log behind it. The latest in the log
 * is in force from the moment it is appended, committed or not (section 4.1); truncation brings the one before back.
 */
export class MembershipHistory {
  #stored: StoredMembership[];

  /** `stored` is ascending and starts with the membership in force at the applied index. */
  constructor(stored: readonly StoredMembership[]) {
    assert(stored.length > 0, "there is always a membership, if only the empty one");
    this.#stored = [...stored];
  }

  get effective(): StoredMembership {
    const latest = this.#stored.at(-1);
    assert(latest !== undefined, "there is always a membership");
    return latest;
  }

  /** The one in force at `index`, as far as it is still known. */
  at(index: LogIndex): StoredMembership {
    const found = this.#stored.findLast((stored) => stored.logId.index <= index) ?? this.#stored[0];
    assert(found !== undefined, "there is always a membership");
    return found;
  }

  uncommittedCount(committed: LogIndex): number {
    return this.#stored.filter(({ logId }) => logId.index > committed).length;
  }

  append(stored: StoredMembership): void {
    assert(stored.logId.index > this.effective.logId.index, "memberships are appended in log order");
    this.#stored.push(stored);
  }

  /** @returns whether another membership is in force now */
  truncate(from: LogIndex): boolean {
    const kept = this.#stored.filter((stored, position) => position === 0 || stored.logId.index < from);
    const hasChanged = kept.length < this.#stored.length;
    this.#stored = kept;
    return hasChanged;
  }

  /** Older ones than the one in force at `committed` can never come back. */
  commit(committed: LogIndex): void {
    const position = this.#stored.findLastIndex((stored) => stored.logId.index <= committed);
    if (position > 0) this.#stored.splice(0, position);
  }

  /** A snapshot's membership replaces everything up to its index; `isWhole` when it replaces the whole log. */
  restore(stored: StoredMembership, snapshot: LogId, isWhole: boolean): void {
    const behind = isWhole ? [] : this.#stored.filter((kept) => kept.logId.index > snapshot.index);
    this.#stored = [stored, ...behind];
  }
}
