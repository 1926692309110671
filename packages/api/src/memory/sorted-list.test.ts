import fc from "fast-check";
import { expect, test } from "vitest";
import { SortedList } from "./sorted-list.ts";

const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
const ascending = (left: number, right: number) => left - right;
const listOf = (items: readonly number[]): SortedList<number> => {
  const list = new SortedList(ascending);
  for (const item of items) list.insert(item);
  return list;
};
const itemsOf = (list: SortedList<number>) => list.slice(0, list.size);

test("items are in order, and are found where they are or would be", () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: -1, max: 31 }), (items, sought) => {
      const list = listOf(items);
      expect(itemsOf(list)).toEqual(items.toSorted(ascending));
      expect(list.position(sought)).toBe(items.filter((item) => item < sought).length);
      expect(list.at(list.position(sought)) === sought).toBe(items.includes(sought));
    }),
  );
});

test("many go in and out together as they would one by one", () => {
  fc.assert(
    fc.property(numbers, numbers, (items, more) => {
      const added = more.filter((item) => !items.includes(item)).toSorted(ascending);
      const list = listOf(items);
      list.insertAll(added);
      expect(itemsOf(list)).toEqual([...items, ...added].toSorted(ascending));
      list.deleteAll(added);
      expect(itemsOf(list)).toEqual(items.toSorted(ascending));
      for (const item of items) list.delete(item);
      expect(list.size).toBe(0);
    }),
  );
});
