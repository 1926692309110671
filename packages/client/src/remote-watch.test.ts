import { AspenError, type CancelTimer, type Clock, type KeyChange, type WatchRequest } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { limits } from "./limits.ts";
import { RemoteWatch } from "./remote-watch.ts";

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

class StillClock implements Clock {
  readonly timers = new Set<Timer>();

  nowMs(): number {
    return 0;
  }

  wallMs(): number {
    return 0;
  }

  setTimer(dueMs: number, callback: () => void): CancelTimer {
    const timer = { dueMs, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  defer(callback: () => void): void {
    callback();
  }
}

const FILTER: WatchRequest = { filter: { kind: "prefix", prefix: "" } };

function watchOf(request: WatchRequest = FILTER, signal?: AbortSignal) {
  const clock = new StillClock();
  const seen = { ended: 0, drained: 0 };
  const watch = new RemoteWatch({
    request,
    clock,
    deadlineMs: 1_000,
    signal,
    onEnded: () => (seen.ended += 1),
    onDrained: () => (seen.drained += 1),
  });
  watch.begun.catch(() => {});
  return { watch, clock, seen };
}

function put(key: string, valueBytes = 0): KeyChange {
  const value = new Uint8Array(valueBytes);
  return { kind: "put", entry: { key, value, createRevision: 1, modRevision: 1, version: 1 } };
}

describe("a watch at its reader's side", () => {
  test("V1: what comes again is dropped, and half a revision is forgotten with its stream", async () => {
    const { watch } = watchOf();
    const reader = watch[Symbol.asyncIterator]();
    watch.onOpened(5);
    watch.onChanges(5, [put("a")], true);
    watch.onChanges(7, [put("b")], false);
    watch.onDetached();
    expect(watch.nextRevision).toBe(6);
    watch.onOpened(6);
    watch.onChanges(5, [put("a")], true);
    watch.onChanges(7, [put("b")], false);
    watch.onChanges(7, [put("c")], true);
    expect(await reader.next()).toEqual({ done: false, value: { revision: 5, changes: [put("a")] } });
    expect(await reader.next()).toEqual({ done: false, value: { revision: 7, changes: [put("b"), put("c")] } });
    expect([watch.nextRevision, watch.fromRevision]).toEqual([8, 5]);
  });

  test("V2: a reader who is behind makes the node stop, and go on when all is read", async () => {
    const { watch, seen } = watchOf();
    const reader = watch[Symbol.asyncIterator]();
    watch.onOpened(1);
    let revision = 1;
    while (watch.onChanges(revision, [put("a", limits.watchQueueBytesMax / 4)], true)) revision += 1;
    expect([revision, watch.isPaused, seen.drained]).toEqual([4, true, 0]);
    for (let read = 1; read < revision; read += 1) await reader.next();
    expect(seen.drained).toBe(0);
    await reader.next();
    expect([watch.isPaused, seen.drained, watch.nextRevision]).toEqual([false, 1, 5]);
  });

  test("V3: progress of a stream moves a watch that is open on it, and no other", () => {
    const { watch } = watchOf();
    watch.onProgress(9);
    expect(watch.nextRevision).toBeUndefined();
    watch.onOpened(3);
    watch.onProgress(9);
    expect(watch.nextRevision).toBe(10);
    watch.onDetached();
    // Another node, which has not read yet that the watch is to go on there.
    watch.onProgress(20);
    expect(watch.nextRevision).toBe(10);
    watch.onOpened(10);
    watch.onProgress(20);
    watch.onProgress(4);
    expect(watch.nextRevision).toBe(21);
  });

  test("V4: what ends it comes behind what was told, and once", async () => {
    const { watch, seen, clock } = watchOf({ ...FILTER, progressEveryMs: 100 });
    const reader = watch[Symbol.asyncIterator]();
    watch.onOpened(1);
    watch.onChanges(1, [put("a")], true);
    watch.onEnded(new AspenError("compacted", "gone", { details: { firstRevision: 9 } }));
    watch.fail(new AspenError("internal", "too late"));
    expect((await reader.next()).done).toBe(false);
    await expect(reader.next()).rejects.toMatchObject({ code: "lagged", details: { lastRevision: 1 } });
    expect([seen.ended, clock.timers.size]).toEqual([1, 0]);
  });

  test("one that has not begun fails with what it met: what is compacted, its deadline, its signal", async () => {
    const compacted = watchOf({ ...FILTER, fromRevision: 1 });
    compacted.watch.onEnded(new AspenError("compacted", "gone", { details: { firstRevision: 9 } }));
    await expect(compacted.watch.begun).rejects.toMatchObject({ code: "compacted", details: { firstRevision: 9 } });
    const late = watchOf();
    for (const timer of late.clock.timers) timer.callback();
    await expect(late.watch.begun).rejects.toMatchObject({ code: "timeout", details: { deadlineMs: 1_000 } });
    const controller = new AbortController();
    const unwanted = watchOf(FILTER, controller.signal);
    controller.abort();
    await expect(unwanted.watch.begun).rejects.toMatchObject({ code: "timeout" });
    expect([compacted, late, unwanted].map(({ seen }) => seen.ended)).toEqual([1, 1, 1]);
  });

  test("a second reader is refused while the first one waits", async () => {
    const { watch } = watchOf();
    watch.onOpened(1);
    const first = watch[Symbol.asyncIterator]().next();
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "invalid_request" });
    await watch.close();
    expect(await first).toEqual({ done: true, value: undefined });
  });
});
