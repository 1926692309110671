import { describe, expect, test } from "vitest";
import { ManualClock } from "../../test/manual-clock.ts";
import { everything, filled, set, shownEntries, shownLeases } from "../../test/store-view.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { createMemoryKeyValueStore } from "./memory-key-value-store.ts";

describe("numbers from the log", () => {
  test("are the lowest free ones from the applied index on", async () => {
    const store = createMemoryKeyValueStore();
    for (const leaseId of [5, 6, 8]) await store.write({ kind: "leaseGrant", ttlMs: 1_000, leaseId });
    const grant = { kind: "leaseGrant", ttlMs: 1_000 } as const;
    const numbers: number[] = [];
    for (let count = 0; count < 5; count += 1) numbers.push((await store.write(grant)).leaseId);
    expect(numbers).toEqual([4, 7, 9, 10, 11]);
  });

  test("go up within one transaction", async () => {
    const store = createMemoryKeyValueStore();
    await store.write({ kind: "leaseGrant", ttlMs: 1_000, leaseId: 3 });
    const success = ["a", "b", "c"].map((key) => ({ ...set(key), ttlMs: 1_000 }));
    await store.write({ kind: "transaction", compares: [], success, failure: [] });
    expect(await shownLeases(store)).toBe("2:1000(a), 3:1000(), 4:1000(b), 5:1000(c)");
  });
});

describe("time", () => {
  const timed = (): [store: KeyValueStore, clock: ManualClock] => {
    const clock = new ManualClock();
    return [createMemoryKeyValueStore({ clock }), clock];
  };

  test("stands still without a clock", async () => {
    const store = await filled();
    expect((await store.getLease({ leaseId: 9 })).lease).toEqual({ leaseId: 9, ttlMs: 1_000, remainingMs: 1_000 });
  });

  test("runs down to the millisecond; a lease that is due has ended at the next call", async () => {
    const [store, clock] = timed();
    await store.write({ kind: "leaseGrant", ttlMs: 1_000, leaseId: 9 });
    clock.advance(999.5);
    expect((await store.getLease({ leaseId: 9 })).lease?.remainingMs).toBe(0.5);
    expect(await store.keepLeaseAlive(9)).toEqual({ leaseId: 9, ttlMs: 1_000, remainingMs: 1_000 });
    clock.advance(1_000);
    await expect(store.keepLeaseAlive(9)).rejects.toMatchObject({ code: "not_found" });
  });

  test("ends what is due in the order of deadline and number, a revision each, in whichever call comes first", async () => {
    const calls: ((store: KeyValueStore) => Promise<{ readonly revision: number }>)[] = [
      (store) => store.get({ key: "k" }),
      (store) => store.getMulti({ keys: ["k"] }),
      (store) => store.scan({ range: everything }),
      (store) => store.getLease({ leaseId: 1 }),
      (store) => store.listLeases(),
      (store) => store.write({ kind: "delete", key: "k" }),
    ];
    for (const call of calls) {
      const [store, clock] = timed();
      for (const [leaseId, ttlMs] of [
        [7, 300],
        [3, 300],
        [9, 100],
        [8, 200],
        [5, 400],
      ] as const) {
        await store.write({ kind: "leaseGrant", ttlMs, leaseId });
        if (leaseId !== 8) await store.write({ ...set(`k${leaseId}`), leaseId });
      }
      clock.advance(300);
      expect((await call(store)).revision).toBe(7);
      expect(await shownEntries(store)).toBe("k5=k5 4/4/1@5");
      expect(await shownLeases(store)).toBe("5:400(k5)");
    }
  });

  test("deletes all keys of a lease at one revision", async () => {
    const [store, clock] = timed();
    await store.write({ kind: "leaseGrant", ttlMs: 100, leaseId: 9 });
    for (const key of ["c", "a", "b"]) await store.write({ ...set(key), leaseId: 9 });
    clock.advance(100);
    const page = await store.scan({ range: everything });
    expect([page.entries, page.revision]).toEqual([[], 4]);
  });

  test("a call that is refused at the gate sees no time pass", async () => {
    const [store, clock] = timed();
    await store.write({ ...set("a"), ttlMs: 100 });
    clock.advance(100);
    await expect(store.get({ key: "" })).rejects.toMatchObject({ code: "invalid_request" });
    expect(await store.get({ key: "a" })).toMatchObject({ entry: undefined, revision: 2, appliedIndex: 2 });
  });
});
