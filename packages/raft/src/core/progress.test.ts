import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { advanceMatch, canSend, createProgress, recordSent, startProbe, type Progress } from "./progress.ts";

const INFLIGHT_MAX = 3;

function replicating(matchIndex: number): Progress {
  const progress = createProgress(matchIndex + 1, 0, 0);
  advanceMatch(progress, matchIndex, 0);
  return progress;
}

describe("a probe (R9)", () => {
  test("sends one append and waits", () => {
    const progress = createProgress(8, 0, 0);
    expect(canSend(progress, INFLIGHT_MAX)).toBe(true);
    recordSent(progress, 1, 9, 1);
    expect(canSend(progress, INFLIGHT_MAX)).toBe(false);
    expect(progress).toMatchObject({ sequence: 1, nextIndex: 8 });
  });

  test("becomes a pipeline behind what is confirmed", () => {
    const progress = createProgress(8, 0, 0);
    recordSent(progress, 1, 9, 1);
    expect(advanceMatch(progress, 9, 2)).toBe(true);
    expect(progress).toMatchObject({ matchIndex: 9, nextIndex: 10, flow: { kind: "replicate", inflight: [] } });
  });

  test("starts over from what is confirmed, at once or when the follower shows that it is there", () => {
    const progress = replicating(5);
    recordSent(progress, 1, 7, 1);
    startProbe(progress, 2, false);
    expect(progress).toMatchObject({ nextIndex: 6, flow: { kind: "probe", isWaiting: false } });
    startProbe(progress, 2, true);
    expect(canSend(progress, INFLIGHT_MAX)).toBe(false);
  });
});

describe("a pipeline (R9, R12)", () => {
  test("is full at its bound, and has room again when the oldest append is confirmed", () => {
    const progress = replicating(0);
    for (const last of [2, 4, 6]) recordSent(progress, last, last, 1);
    expect(canSend(progress, INFLIGHT_MAX)).toBe(false);
    advanceMatch(progress, 3, 2);
    expect(progress.flow).toEqual({ kind: "replicate", inflight: [4, 6] });
    expect(canSend(progress, INFLIGHT_MAX)).toBe(true);
  });

  test("an append without entries takes no room", () => {
    const progress = replicating(4);
    recordSent(progress, 1, 4, 1);
    expect(progress).toMatchObject({ sequence: 1, nextIndex: 5, flow: { inflight: [] } });
  });
});

describe("what a follower confirmed (R9)", () => {
  test("never decreases, whatever comes late, twice or in the wrong order", () => {
    const answers = fc.array(fc.nat({ max: 20 }), { maxLength: 30 });
    fc.assert(
      fc.property(answers, fc.array(fc.constantFrom("sent", "restart")), (indexes, others) => {
        const progress = replicating(0);
        for (const [position, index] of indexes.entries()) {
          const before = progress.matchIndex;
          const isSending = others[position] === "sent" && canSend(progress, INFLIGHT_MAX);
          if (isSending) recordSent(progress, progress.sequence + 1, progress.nextIndex, 1);
          if (others[position] === "restart") startProbe(progress, 1, position % 2 === 0);
          expect(advanceMatch(progress, index, 1)).toBe(index > before);
          expect(progress.matchIndex).toBe(Math.max(before, index));
          expect(progress.nextIndex).toBeGreaterThan(progress.matchIndex);
        }
      }),
    );
  });

  test("counts while a snapshot travels, without an append", () => {
    const progress = replicating(3);
    progress.flow = { kind: "snapshot", lastIncluded: 9 };
    advanceMatch(progress, 9, 1);
    expect(progress).toMatchObject({ matchIndex: 9, nextIndex: 10, flow: { kind: "snapshot" } });
    expect(canSend(progress, INFLIGHT_MAX)).toBe(false);
    expect(() => recordSent(progress, 1, 10, 1)).toThrow("snapshot travels");
  });

  test("a follower that lost its disk is lost for the term", () => {
    const progress = replicating(3);
    progress.flow = { kind: "lost" };
    startProbe(progress, 1, false);
    expect(progress.flow).toEqual({ kind: "lost" });
    expect(canSend(progress, INFLIGHT_MAX)).toBe(false);
  });
});
