import { expect, test } from "vitest";
import { limitedLogger } from "./limited-logger.ts";
import type { Clock } from "./ports/clock.ts";
import type { LogFields, Logger } from "./ports/logger.ts";

function collect(lines: [string, LogFields | undefined][], own: LogFields = {}): Logger {
  return {
    log: (_level, message, fields) => void lines.push([message, { ...own, ...fields }]),
    child: (fields) => collect(lines, { ...own, ...fields }),
  };
}

test("lines beyond the measure of a second are left out, and counted in the next one", () => {
  let nowMs = 5_000;
  const clock: Clock = { nowMs: () => nowMs, wallMs: () => 0, setTimer: () => () => {}, defer: () => {} };
  const lines: [string, LogFields | undefined][] = [];
  const logger = limitedLogger({ logger: collect(lines), clock, linesPerSecondMax: 2 });
  const child = logger.child({ part: "door" });
  for (const name of ["one", "two", "three", "four"]) child.log("warn", name, { name });
  logger.log("warn", "five");
  nowMs += 999;
  logger.log("warn", "six");
  nowMs += 1;
  logger.log("warn", "seven");
  child.log("warn", "eight");
  expect(lines).toEqual([
    ["one", { part: "door", name: "one" }],
    ["two", { part: "door", name: "two" }],
    ["seven", { leftOut: 4 }],
    ["eight", { part: "door" }],
  ]);
});
