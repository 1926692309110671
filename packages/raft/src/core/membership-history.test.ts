import { MEMBERSHIP_EMPTY, type Membership, type StoredMembership } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { MembershipHistory } from "./membership-history.ts";

function stored(index: number, ...voters: readonly number[]): StoredMembership {
  const membership: Membership = { ...MEMBERSHIP_EMPTY, voters };
  return { logId: { term: 1, index }, membership };
}

function historyOf(...indexes: readonly number[]): MembershipHistory {
  return new MembershipHistory(indexes.map((index) => stored(index, index)));
}

describe("the history of memberships (R7)", () => {
  test("the latest counts, committed or not", () => {
    const history = historyOf(1);
    history.append(stored(5, 1, 2));
    expect(history.effective).toEqual(stored(5, 1, 2));
  });

  test("at an index the latest at or before it counts", () => {
    const history = historyOf(1, 4, 8);
    expect([1, 3, 4, 7, 8, 99].map((index) => history.at(index).logId.index)).toEqual([1, 1, 4, 4, 8, 8]);
  });

  test("truncating brings the one before back, and says whether anything changed", () => {
    const history = historyOf(1, 4, 8);
    expect(history.truncate(9)).toBe(false);
    expect(history.truncate(8)).toBe(true);
    expect(history.effective.logId.index).toBe(4);
    expect(history.truncate(2)).toBe(true);
    expect(history.effective.logId.index).toBe(1);
  });

  test("the last committed one is never truncated away", () => {
    const history = historyOf(1, 4);
    history.commit(5);
    expect(history.truncate(5)).toBe(false);
    expect(history.effective.logId.index).toBe(4);
  });

  test("committing forgets what can never come back, and nothing else", () => {
    const history = historyOf(1, 4, 8);
    history.commit(7);
    expect(history.at(1).logId.index).toBe(4);
    expect(history.effective.logId.index).toBe(8);
    history.commit(8);
    expect(history.at(1).logId.index).toBe(8);
  });

  test("a snapshot's membership takes the place of everything up to its index, or of everything", () => {
    const kept = historyOf(1, 4, 8);
    kept.restore(stored(5, 5, 6), { term: 1, index: 6 }, false);
    expect([kept.at(6), kept.effective].map(({ logId }) => logId.index)).toEqual([5, 8]);
    const whole = historyOf(1, 4, 8);
    whole.restore(stored(5, 5, 6), { term: 1, index: 6 }, true);
    expect(whole.effective).toEqual(stored(5, 5, 6));
  });

  test("memberships come in log order, and there is always one", () => {
    expect(() => historyOf()).toThrow("always a membership");
    expect(() => historyOf(4).append(stored(4, 1))).toThrow("log order");
  });
});
