import { expect, test } from "vitest";
import { DeadRows } from "./dead-rows.ts";

const NOTHING_LIVE = { first: 1, last: 0 };

test("rows are taken in bounded portions, each once", () => {
  const rows = new DeadRows();
  rows.add({ first: 3, last: 7 });
  rows.add({ first: 20, last: 22 });
  rows.add({ first: 9, last: 8 });
  expect(rows.take(4, NOTHING_LIVE)).toEqual([3, 4, 5, 6]);
  expect(rows.take(3, NOTHING_LIVE)).toEqual([7, 20, 21]);
  expect(rows.isEmpty).toBe(false);
  expect(rows.take(3, NOTHING_LIVE)).toEqual([22]);
  expect(rows.isEmpty).toBe(true);
});

test("what was written again since it died stays", () => {
  const rows = new DeadRows();
  rows.add({ first: 5, last: 30 });
  expect(rows.take(8, { first: 8, last: 25 })).toEqual([5, 6, 7, 26, 27, 28, 29, 30]);
  expect(rows.isEmpty).toBe(true);
  rows.add({ first: 10, last: 12 });
  expect(rows.take(8, { first: 8, last: 25 })).toEqual([]);
});
