import { createVirtualClock } from "@aspenjs/transport/testing";
import type { Logger } from "@aspenjs/api";
import { expect, test } from "vitest";
import { limits } from "../src/limits.ts";
import { Probation } from "../src/probation.ts";

function createProbation() {
  const clock = createVirtualClock();
  const disconnected: string[] = [];
  const lines: string[] = [];
  const logger: Logger = { log: (_level, message) => void lines.push(message), child: () => logger };
  const disconnect = (peerId: string) => void disconnected.push(peerId);
  return { clock, disconnected, lines, probation: new Probation({ clock, logger, disconnect }) };
}

test("a stranger too many is turned away at once, and may come back when another has left", () => {
  const { probation, disconnected, lines } = createProbation();
  for (let number = 1; number <= limits.strangersMax; number += 1) probation.begin(`stranger ${number}`);
  expect(disconnected).toEqual([]);
  probation.begin("one too many");
  expect([disconnected, lines]).toEqual([["one too many"], ["too many strangers at once"]]);
  probation.end("stranger 1");
  probation.begin("one too many");
  expect(disconnected).toHaveLength(1);
});

test("a stranger is disconnected when its time is over, and not when it has passed before", async () => {
  const { clock, probation, disconnected } = createProbation();
  probation.begin("passes");
  probation.begin("stays a stranger");
  await clock.advance(limits.probationMs - 1);
  probation.end("passes");
  expect(disconnected).toEqual([]);
  await clock.advance(1);
  expect(disconnected).toEqual(["stays a stranger"]);
  expect(clock.pendingTimers).toBe(0);
});
