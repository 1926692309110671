import { AspenError } from "@aspenjs/api";
import { expect, test } from "vitest";
import { ProposalTable } from "./proposal-table.ts";

test("R12: one more than may wait is refused, and taken once another has its answer", async () => {
  const table = new ProposalTable<string>(2);
  const first = table.add(1, 10);
  void table.add(2, 10);
  expect(() => table.add(3, 10)).toThrow(AspenError);
  table.place(1, { index: 1, term: 1 });
  expect(() => table.add(3, 10)).toThrow("too many writes wait");
  table.settle({ index: 1, term: 1 }, "done");
  expect(await first).toBe("done");
  void table.add(3, 10);
  expect(table.size).toBe(2);
});
