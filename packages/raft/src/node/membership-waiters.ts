import { isJoint, type LogIndex, type Membership, type StoredMembership } from "@aspenjs/api";

interface Waiter {
  readonly from: LogIndex;
  readonly resolve: (membership: Membership) => void;
  readonly reject: (error: Error) => void;
}

/** Callers who started a change and wait until a membership that is not joint is committed at or behind its entry. */
export class MembershipWaiters {
  #waiters: Waiter[] = [];

  wait(from: LogIndex): Promise<Membership> {
    return new Promise((resolve, reject) => this.#waiters.push({ from, resolve, reject }));
  }

  noteCommitted({ logId, membership }: StoredMembership): void {
    if (isJoint(membership)) return;
    const done = this.#waiters.filter((waiter) => waiter.from <= logId.index);
    this.#waiters = this.#waiters.filter((waiter) => waiter.from > logId.index);
    for (const waiter of done) waiter.resolve(membership);
  }

  rejectAll(error: Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
  }
}
