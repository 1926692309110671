import { expect, test } from "vitest";
import { progressLine, transferText } from "./progress-line.ts";

const half = { pairs: 52_000, bytes: 500, bytesTotal: 1_000, elapsedMs: 4_000 };

test("share, keys, rate and what is left", () => {
  expect(transferText(half)).toBe(" 50%  52,000 keys  13,000/s  ETA 4.0 s");
});

test("a source of unknown length has neither share nor end", () => {
  expect(transferText({ ...half, bytesTotal: undefined })).toBe("52,000 keys  13,000/s");
});

test("the bar is as full as the share, and the line fits the terminal", () => {
  const line = progressLine(half, 80);
  expect(line).toBe(`${"━".repeat(15)}${"╌".repeat(15)}   50%  52,000 keys  13,000/s  ETA 4.0 s`);
  for (const columns of [20, 40, 60, 120]) expect(progressLine(half, columns).length).toBeLessThan(columns);
});

test("nothing done yet is no division by zero", () => {
  expect(transferText({ pairs: 0, bytes: 0, bytesTotal: 1_000, elapsedMs: 0 })).toBe("  0%  0 keys  0/s");
});
