import { AspenError } from "@aspenjs/api";
import { expect, test } from "vitest";
import { ReadTable } from "./read-table.ts";

test("R12: one more than may wait is refused, whatever the others wait for, and taken once they do not", async () => {
  const table = new ReadTable(2);
  const reads = [table.add("quorum"), table.add("quorum")];
  expect(() => table.add("quorum")).toThrow(AspenError);
  expect(table.ask("quorum", () => 7)).toBe(7);
  expect(() => table.add("lease")).toThrow("too many reads wait");
  table.ready(7, 5, 4);
  expect(() => table.add("lease")).toThrow("too many reads wait");
  table.noteApplied(5);
  await Promise.all(reads);
  void table.add("lease");
  expect(table.size).toBe(1);
});
