import { expect, test } from "vitest";
import { differenceText } from "../src/difference-report.ts";

test("the first line that differs is named, with both of its forms", () => {
  expect(differenceText(["a", "b", "c"], ["a", "x", "y"], false)).toMatch(/^line 2 is .*\n1: b\n2: x$/);
});

test("a trace that ends first differs where the other one goes on", () => {
  expect(differenceText(["a"], ["a", "b"], false)).toMatch(/^line 2 is .*\n1: \(over\)\n2: b$/);
});

test("without such a line it says whether the runs were alike", () => {
  expect(differenceText(["a"], ["a"], true)).toContain("do the same");
  expect(differenceText(["a"], ["a"], false)).toContain("events that leave no line");
});
