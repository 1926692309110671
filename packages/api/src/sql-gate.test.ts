import { describe, expect, test } from "vitest";
import { limits } from "./limits.ts";
import { assertSqlDeadline, assertSqlQuery, SqlResultBudget } from "./sql-gate.ts";
import type { SqlParameter } from "./sql-query.ts";

const invalid = expect.objectContaining({ code: "invalid_request" });
const tooLarge = expect.objectContaining({ code: "batch_too_large" });

describe("a query before it is sent", () => {
  test("passes with every kind of parameter", () => {
    const parameters = [null, true, 1, 1.5, -(2n ** 63n), 2n ** 63n - 1n, "text", new Uint8Array(3), Infinity];
    expect(() => assertSqlQuery("SELECT ?", parameters)).not.toThrow();
    expect(() => assertSqlQuery("x".repeat(limits.sqlTextBytesMax), [])).not.toThrow();
  });

  test.each<[string, string, readonly unknown[]]>([
    ["nothing", " \n", []],
    ["an unpaired surrogate", "SELECT '\ud800'", []],
    ["U+0000", "SELECT 1\u0000 garbage", []],
    ["too long", "é".repeat(limits.sqlTextBytesMax / 2 + 1), []],
    ["too many parameters", "SELECT 1", Array.from({ length: limits.sqlParametersMax + 1 }, () => 1)],
    ["too large parameters", "SELECT ?", [new Uint8Array(limits.sqlParameterBytesMax + 1)]],
    ["an integer beyond 64 bits", "SELECT ?", [2n ** 63n]],
    ["NaN", "SELECT ?", [NaN]],
    ["a surrogate in a parameter", "SELECT ?", ["\udc00"]],
    ["an object", "SELECT ?", [{}]],
    ["undefined", "SELECT ?", [undefined]],
  ])("is refused: %s", (_name, sql, parameters) => {
    expect(() => assertSqlQuery(sql, parameters as SqlParameter[])).toThrow(invalid);
  });

  test("takes thirty seconds at most", () => {
    expect(() => assertSqlDeadline(limits.sqlDeadlineMsMax)).not.toThrow();
    expect(() => assertSqlDeadline(limits.sqlDeadlineMsMax + 1)).toThrow(invalid);
  });
});

describe("a result", () => {
  test("has its bounds of rows, bytes and cells, and is refused beyond", () => {
    const rows = new SqlResultBudget();
    rows.add(["n"]);
    for (let row = 0; row < limits.sqlRowsMax; row += 1) rows.add([row]);
    expect(() => rows.add([0])).toThrow(tooLarge);
    const bytes = new SqlResultBudget();
    bytes.add(["n"]);
    expect(() => bytes.add([new Uint8Array(limits.sqlResultBytesMax)])).toThrow(tooLarge);
    const cells = new SqlResultBudget();
    cells.add([]);
    const row = Array.from({ length: 2_000 }, () => 0.5);
    expect(() => {
      for (let count = 0; count < 20; count += 1) cells.add(row);
    }).toThrow(tooLarge);
  });
});
