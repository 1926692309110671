import { expect, test } from "vitest";
import { StatementSplitter } from "./statement-splitter.ts";

test.each<[string, readonly string[], string | undefined]>([
  ["SELECT 1; SELECT 2;\n", ["SELECT 1", "SELECT 2"], undefined],
  ["SELECT ';' || \";\" || `;` || [;];", ["SELECT ';' || \";\" || `;` || [;]"], undefined],
  ["SELECT 'it''s; fine'; SELECT 2", ["SELECT 'it''s; fine'"], "SELECT 2"],
  ["-- nothing; here\n /* nor; here */ ;;", [], undefined],
  ["SELECT /* a; b */ 1 -- c; d\n;", ["SELECT /* a; b */ 1 -- c; d"], undefined],
  ["SELECT 'never closed; ", [], "SELECT 'never closed;"],
  ["SELECT 1 - -1; ", ["SELECT 1 - -1"], undefined],
  ["  \n", [], undefined],
])("%j", (text, statements, rest) => {
  const whole = new StatementSplitter();
  expect(whole.add(text)).toEqual(statements);
  expect(whole.finish()).toBe(rest);
});

test("a statement over several lines is pending until its semicolon", () => {
  const splitter = new StatementSplitter();
  expect(splitter.add("SELECT 'a\n")).toEqual([]);
  expect(splitter.isPending).toBe(true);
  expect(splitter.add("b' --;\n")).toEqual([]);
  expect(splitter.add(";\n")).toEqual(["SELECT 'a\nb' --;"]);
  expect(splitter.isPending).toBe(false);
  splitter.add("SELECT");
  splitter.clear();
  expect(splitter.isPending).toBe(false);
});
