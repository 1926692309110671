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

test("items that begin with an id in bold count as rows; mere mentions do not", () => {
  const list = "- **P1** One session a pair.\n* **P2** No traffic before.\n- P3 is mentioned, as is **P4**.\n";
  expect(specRows(list).map(({ id }) => id)).toEqual(["P1", "P2"]);
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

test("the head of a source may cite a range; a test names each invariant", () => {
  const ranges = [
    { path: "src/core/step.ts", text: "// Invariants R1 to R2 of SPEC.md" },
    { path: "src/core/step.test.ts", text: "// R1-R2" },
  ];
  expect(specProblems(`${spec}\n| R3 | three |`, ranges)).toEqual([
    "SPEC.md:7: no source file cites R3",
    "SPEC.md:7: no test cites R3",
  ]);
  const wider = { path: "src/core/step.ts", text: "// R1–R3" };
  expect(specProblems(`${spec}\n| R3 | three |`, [wider, unitTest, scenarioTest])).toEqual([
    "SPEC.md:7: no test cites R3",
  ]);
});

test("an acceptance suite is a test", () => {
  const suite = { path: "src/testing/cases.ts", text: "R1 R2" };
  expect(specProblems(spec, [source, suite])).toEqual([]);
  expect(specProblems(spec, [suite, unitTest, scenarioTest])).toHaveLength(2);
});

test("an id that is given twice is reported", () => {
  expect(specProblems(`${spec}\n| R1 | again |`, [source, unitTest, scenarioTest])).toEqual([
    "SPEC.md:7: R1 was given in line 5 already",
  ]);
});

test("a specification without a table is reported", () => {
  expect(specProblems("# Specification\n\nR1: one.\n", [source])).toHaveLength(1);
});
