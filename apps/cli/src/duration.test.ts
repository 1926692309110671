import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";
import { UsageError } from "./usage-error.ts";

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["1.5s", 1_500],
  ["5m", 300_000],
  ["24h", 86_400_000],
  ["7d", 604_800_000],
])("%s is %d ms", (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each(["", "10", "s", "-1s", "0s", "0.1ms", "1 s", "1e3s", "10sec", "Infinitys", "9999999999999999d"])(
  "%j is no duration",
  (text) => {
    expect(() => parseDuration(text)).toThrow(UsageError);
  },
);

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_250, "1.3 s"],
  [59_700, "1 min 0 s"],
  [61_000, "1 min 1 s"],
  [3_600_000, "1 h 0 min"],
])("%d ms reads %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});
