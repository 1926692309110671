import { expect, test } from "vitest";
import { AckGap } from "./ack-gap.ts";

test("only the time from the given moment on counts, and the longest silence in it", () => {
  const gap = new AckGap();
  gap.acknowledged(0);
  gap.acknowledged(900);
  gap.begin(1_000);
  gap.acknowledged(1_010);
  gap.acknowledged(1_310);
  gap.acknowledged(1_320);
  expect(gap.gapMs).toBe(300);
});

test("what was on its way when the leader died does not end the silence", () => {
  const gap = new AckGap();
  gap.begin(0);
  gap.acknowledged(1);
  gap.acknowledged(501);
  expect(gap.gapMs).toBe(500);
});
