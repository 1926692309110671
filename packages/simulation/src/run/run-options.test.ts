import { expect, test } from "vitest";
import { readRunOptions } from "./run-options-gate.ts";
import { drawRunOptions } from "./drawn-options.ts";
import type { RunChoices } from "./run-options.ts";

test.each<readonly [string, number, RunChoices, RegExp]>([
  ["a fault that nobody knows", 1, { faults: ["x"] }, /fault x/],
  ["no node", 1, { nodeCount: 0 }, /nodeCount/],
  ["too many nodes", 1, { nodeCount: 10 }, /nodeCount/],
  ["more time than an artifact may name", 1, { chaosMs: 1_000_001 }, /chaosMs/],
  ["a seed beyond 32 bits", 2 ** 32, {}, /seed/],
  ["half a seed", 0.5, {}, /seed/],
])("%s is refused", (_name, seed, choices, expected) => {
  expect(() => drawRunOptions(seed, choices)).toThrow(expect.objectContaining({ code: "invalid_request" }));
  expect(() => drawRunOptions(seed, choices)).toThrow(expected);
});

test("what is drawn at the bounds can be read again", () => {
  const choices = { nodeCount: 9, clientCount: 0, chaosMs: 1_000_000, faults: ["clock-drift", "fault-points"] };
  const options = drawRunOptions(2 ** 32 - 1, choices);
  expect(readRunOptions(JSON.parse(JSON.stringify(options)))).toEqual(options);
});

test("options that do not say whether fault points take part are refused", () => {
  const { hasFaultPoints: _left, ...rest } = drawRunOptions(1);
  expect(() => readRunOptions(rest)).toThrow(/hasFaultPoints is missing or wrong/);
});
