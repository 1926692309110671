import { expect, test } from "vitest";
import { limits } from "./limits.ts";
import { RecentEntries } from "./recent-entries.ts";
import { blankEntry } from "./testing/sample-entries.ts";

function filled(count: number, encodedBytes: number): RecentEntries {
  const recent = new RecentEntries(1);
  for (let index = 1; index <= count; index += 1) recent.push(blankEntry(1, index), encodedBytes);
  return recent;
}

test("nothing that is not durable is ever evicted", () => {
  const recent = filled(limits.recentEntriesMax + 500, 10);
  recent.evict(100);
  expect(recent.firstIndex).toBe(101);
  recent.evict(limits.recentEntriesMax + 500);
  expect(recent.firstIndex).toBe(501);
  expect(recent.at(500)).toBeUndefined();
  expect(recent.at(501)?.entry.index).toBe(501);
  expect(recent.at(limits.recentEntriesMax + 500)?.entry.index).toBe(limits.recentEntriesMax + 500);
});

test("bytes are a bound too", () => {
  const recent = filled(20, limits.recentBytesMax / 10);
  recent.evict(20);
  expect(recent.firstIndex).toBe(11);
});

test("truncation and purge move the ends, and pushing goes on behind them", () => {
  const recent = filled(10, 1);
  recent.dropThrough(3);
  recent.truncateFrom(8);
  expect([recent.firstIndex, recent.at(7)?.entry.index, recent.at(8)]).toEqual([4, 7, undefined]);
  recent.push(blankEntry(2, 8), 1);
  expect(recent.at(8)?.entry.term).toBe(2);
  recent.truncateFrom(2);
  expect(recent.firstIndex).toBe(2);
  recent.push(blankEntry(3, 2), 1);
  expect(recent.at(2)?.entry.term).toBe(3);
  expect(() => recent.push(blankEntry(3, 4), 1)).toThrow("where 3 must follow");
});
