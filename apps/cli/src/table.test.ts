import { expect, test } from "vitest";
import { cutToWidth, formatFields, formatTable } from "./table.ts";

const columns = [{ heading: "KEY" }, { heading: "N", align: "right" }, { heading: "VALUE" }] as const;

test("columns are as wide as their widest cell, and nothing is padded at the end of a line", () => {
  const rows = [
    ["a", "1", "x"],
    ["longer", "1000", ""],
  ];
  expect(formatTable(columns, rows)).toBe(["KEY        N  VALUE", "a          1  x", "longer  1000"].join("\n"));
});

test("wide characters take the two columns that a terminal gives them", () => {
  const [heading = "", row = ""] = formatTable(columns, [["木の葉", "1", "x"]]).split("\n");
  expect(heading).toBe("KEY     N  VALUE");
  expect(row).toBe("木の葉  1  x");
});

test("the last column is cut where the line would be too wide", () => {
  const [, row = ""] = formatTable(columns, [["a", "1", "0123456789abcdef"]], { widthMax: 20 }).split("\n");
  expect(row).toBe("a    1  0123456789a…");
  expect(row).toHaveLength(20);
});

test("text is cut between characters, not within", () => {
  expect(cutToWidth("木木木", 5)).toBe("木木…");
  expect(cutToWidth("🌲🌲🌲", 4)).toBe("🌲…");
  expect(cutToWidth("abc", 3)).toBe("abc");
});

test("fields stand below each other", () => {
  expect(
    formatFields([
      ["a", "1"],
      ["long", "2"],
    ]),
  ).toBe("a     1\nlong  2");
});
