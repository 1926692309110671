import { expect, test } from "vitest";
import { specProblems, specRows } from "./spec-table.ts";

const spec = ["# Specification", "", "| id | invariant |", "|---|---|", "| R1 | one |", "| **R2** | two |"].join("\n");

const source = { path: "src/core/step.ts", text: "// R1: one vote a term. Keeps R2 too.\n" };
const unitTest = { path: "src/core/step.test.ts", text: 'test("R1 holds")' };
const scenarioTest = { path: "test/scenario.ts", text: "// (R2)" };

test("rows are read with their ids and lines", () => {
  expect(specRows(spec)).toEqual([
    { id: "R1", line: 5 },
    { id: "R2", line: 6 },
  ]);
});

test("a specification that code and tests cite is well", () => {
  expect(specProblems(spec, [source, unitTest, scenarioTest])).toEqual([]);
});

test("an invariant without a test is reported", () => {
  expect(specProblems(spec, [source, unitTest])).toEqual(["SPEC.md:6: no test cites R2"]);
});

test("an invariant that no source keeps is reported", () => {
  const files = [{ path: "src/core/step.ts", text: "R1" }, unitTest, scenarioTest];
  expect(specProblems(spec, files)).toEqual(["SPEC.md:6: no source file cites R2"]);
});

test("R1 is not cited by R12", () => {
  const files = [{ path: "src/core/step.ts", text: "R12 R2" }, unitTest, scenarioTest];
  expect(specProblems(spec, files)).toEqual(["SPEC.md:5: no source file cites R1"]);
});

test("an id that is given twice is reported", () => {
  expect(specProblems(`${spec}\n| R1 | again |`, [source, unitTest, scenarioTest])).toEqual([
    "SPEC.md:7: R1 was given in line 5 already",
  ]);
});

test("a specification without a table is reported", () => {
  expect(specProblems("# Specification\n\nR1: one.\n", [source])).toHaveLength(1);
});
