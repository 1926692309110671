import { expect, test } from "vitest";
import { limitedLogger } from "./limited-logger.ts";
import type { Clock } from "./ports/clock.ts";
import type { LogFields, Logger } from "./ports/logger.ts";

type Line = readonly [string, LogFields];

let nowMs = 5_000;
const clock: Clock = { nowMs: () => nowMs, wallMs: () => 0, setTimer: () => () => {}, defer: () => {} };

function collect(lines: Line[], own: LogFields = {}): Logger {
  return {
    log: (_level, message, fields) => void lines.push([message, { ...own, ...fields }]),
    child: (fields) => collect(lines, { ...own, ...fields }),
  };
}

test("lines of one kind beyond the measure of a second are left out, and counted in the next one of any kind", () => {
  const lines: Line[] = [];
  const kindOf = (message: string, fields: LogFields) => `${message} ${String(fields["reason"])}`;
  const logger = limitedLogger({ logger: collect(lines), clock, linesPerSecondMax: 2, kindOf });
  const child = logger.child({ part: "door" });
  for (const peerId of ["a", "b", "c", "d"]) child.log("warn", "refused", { reason: "expired", peerId });
  logger.log("warn", "refused", { reason: "malformed" });
  nowMs += 999;
  logger.log("warn", "refused", { reason: "expired" });
  nowMs += 1;
  logger.log("warn", "refused", { reason: "expired" });
  child.log("warn", "refused");
  expect(lines).toEqual([
    ["refused", { part: "door", reason: "expired", peerId: "a" }],
    ["refused", { part: "door", reason: "expired", peerId: "b" }],
    ["refused", { reason: "malformed", leftOut: 2 }],
    ["refused", { reason: "expired", leftOut: 1 }],
    ["refused", { part: "door" }],
  ]);
});

test("kinds without end are bounded too", () => {
  const lines: Line[] = [];
  nowMs += 1_000;
  const logger = limitedLogger({ logger: collect(lines), clock, linesPerSecondMax: 2 });
  for (let count = 0; count < 10_000; count += 1) logger.log("warn", `line ${count}`);
  expect(lines.length).toBe(256);
  nowMs += 1_000;
  logger.log("warn", "next");
  expect(lines.at(-1)).toEqual(["next", { leftOut: 10_000 - 256 }]);
});
