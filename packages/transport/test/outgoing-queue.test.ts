import { describe, expect, test } from "vitest";
import { FRAME_KINDS } from "../src/frame-kind.ts";
import { resolveLimits } from "../src/limits.ts";
import { OutgoingQueue } from "../src/outgoing-queue.ts";
import { createVirtualClock } from "../src/testing/virtual-clock.ts";
import { ScriptedLink, decodeFrames } from "./scripted-link.ts";

const KIB = 1_024;

function createQueue() {
  const clock = createVirtualClock();
  const link = new ScriptedLink("peer", true);
  let overflows = 0;
  const queue = new OutgoingQueue(link, clock, resolveLimits(), () => (overflows += 1));
  return { clock, link, queue, overflows: () => overflows };
}

const item = (id: number, byteLength: number) => ({
  partKind: FRAME_KINDS.responsePart,
  finalKind: FRAME_KINDS.response,
  id,
  body: new Uint8Array(byteLength),
});

describe("the outgoing queue", () => {
  test("all frames of one turn leave in one write (Q1)", async () => {
    const { clock, link, queue } = createQueue();
    for (let id = 1; id <= 500; id += 1) queue.write(FRAME_KINDS.request, id, new Uint8Array(300), 0, 1_000);
    expect(link.writes).toHaveLength(0);
    await clock.advance(0);
    expect(link.writes).toHaveLength(1);
    expect(link.takeFrames().map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    expect(queue.queuedBytes).toBe(0);
  });

  test("a small frame waits for at most one write of a big body (Q2)", async () => {
    const { clock, link, queue } = createQueue();
    queue.openLane().push(item(1, 4 * KIB * KIB));
    clock.runNext();
    expect(link.writes).toHaveLength(1);
    queue.write(FRAME_KINDS.message, 7, new Uint8Array(1));
    clock.runNext();
    const second = decodeFrames(link.writes[1] ?? new Uint8Array(0));
    expect(second[0]?.kind).toBe("message");
    await clock.advance(0);
    expect(Math.max(...link.writes.map((bytes) => bytes.byteLength))).toBeLessThanOrEqual(200 * KIB);
    const frames = link.takeFrames();
    expect(frames.at(-1)?.kind).toBe("response");
    expect(frames.filter(({ id }) => id === 1).reduce((sum, { body }) => sum + body.byteLength, 0)).toBe(4 * KIB * KIB);
  });

  test("lanes take turns, and small traffic does not starve them (Q3)", () => {
    const { clock, link, queue } = createQueue();
    queue.openLane().push(item(1, 640 * KIB));
    queue.openLane().push(item(2, 640 * KIB));
    for (let turn = 0; turn < 8; turn += 1) {
      for (let id = 0; id < 4; id += 1) queue.write(FRAME_KINDS.message, 9, new Uint8Array(40 * KIB));
      clock.runNext();
    }
    const parts = link.takeFrames().filter(({ kind }) => kind === "responsePart");
    expect(parts.map(({ id }) => id)).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
  });

  test("a link that is full gets nothing until it says that there is room (Q5)", async () => {
    const { clock, link, queue } = createQueue();
    link.isWritable = false;
    queue.write(FRAME_KINDS.message, 0, new Uint8Array(10));
    await clock.advance(0);
    queue.write(FRAME_KINDS.message, 0, new Uint8Array(10));
    queue.openLane().push(item(1, 100 * KIB));
    await clock.advance(100);
    expect(link.writes).toHaveLength(1);
    link.isWritable = true;
    queue.onWritable();
    await clock.advance(0);
    expect(link.takeFrames().map(({ kind }) => kind)).toEqual(["message", "message", "responsePart", "response"]);
  });

  test("a flush that was planned before the link filled up does not write either (Q5)", async () => {
    const { clock, link, queue } = createQueue();
    queue.write(FRAME_KINDS.message, 0, new Uint8Array(10));
    link.isWritable = false;
    queue.onWritable();
    queue.write(FRAME_KINDS.message, 0, new Uint8Array(10));
    await clock.advance(100);
    expect(link.writes).toHaveLength(1);
  });

  test("what waits is bounded, and control frames have a reserve whose end is told once (Q4)", async () => {
    const { clock, link, queue, overflows } = createQueue();
    link.isWritable = false;
    queue.write(FRAME_KINDS.message, 0, new Uint8Array(1));
    await clock.advance(0);
    while (queue.hasRoom(100 * KIB)) queue.write(FRAME_KINDS.message, 0, new Uint8Array(100 * KIB));
    expect(queue.queuedBytes).toBeLessThanOrEqual(16 * KIB * KIB + 100);
    expect(queue.queuedBytes).toBeGreaterThan(15 * KIB * KIB);
    for (let index = 0; index < 3_000 && overflows() === 0; index += 1) {
      queue.writeControl(FRAME_KINDS.pong, 1, new Uint8Array(KIB));
    }
    expect(overflows()).toBe(1);
    expect(queue.queuedBytes).toBeLessThanOrEqual(17 * KIB * KIB + 2 * KIB);
  });

  test("what is cleared is not counted and not sent", async () => {
    const { clock, link, queue } = createQueue();
    const lane = queue.openLane();
    lane.push(item(1, KIB * KIB));
    clock.runNext();
    queue.clearLane(lane);
    expect(queue.queuedBytes).toBe(0);
    await clock.advance(0);
    expect(link.writes).toHaveLength(1);
    lane.push(item(2, 5));
    await clock.advance(0);
    expect(link.takeFrames().at(-1)).toMatchObject({ kind: "response", id: 2 });
  });

  test("closing writes what was small, then the last frame, and nothing more", async () => {
    const { clock, link, queue } = createQueue();
    queue.write(FRAME_KINDS.response, 4, new Uint8Array(5));
    queue.openLane().push(item(1, KIB * KIB));
    queue.close(FRAME_KINDS.goodbye, new Uint8Array(0));
    queue.write(FRAME_KINDS.message, 0);
    queue.openLane().push(item(2, 5));
    await clock.advance(10);
    expect(link.takeFrames().map(({ kind }) => kind)).toEqual(["response", "goodbye"]);
    expect(queue.queuedBytes).toBe(0);
  });
});
