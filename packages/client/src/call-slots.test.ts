import { AspenError, AssertionFailure } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CallSlots, type Slot } from "./call-slots.ts";

describe("CallSlots", () => {
  test("L1: runs a few, lets a few wait, refuses the next", () => {
    const slots = new CallSlots(2, 1);
    const started: string[] = [];
    slots.take(() => started.push("a"));
    slots.take(() => started.push("b"));
    slots.take(() => started.push("c"));
    expect(() => slots.take(() => started.push("d"))).toThrow(AspenError);
    expect(started).toEqual(["a", "b"]);
    expect([slots.running, slots.waiting]).toEqual([2, 1]);
  });

  test("L2: those that wait start in order, without those that gave up", () => {
    const slots = new CallSlots(1, 10);
    const started: string[] = [];
    const first = slots.take(() => started.push("first"));
    slots.take(() => started.push("a"));
    const impatient = slots.take(() => started.push("b"));
    const last = slots.take(() => started.push("c"));
    slots.giveBack(impatient);
    slots.giveBack(first);
    expect(started).toEqual(["first", "a"]);
    expect(last.state).toBe("waiting");
  });

  test("L2: a place is given back once", () => {
    const slots = new CallSlots(1, 1);
    const slot = slots.take(() => {});
    slots.giveBack(slot);
    expect(() => slots.giveBack(slot)).toThrow(AssertionFailure);
  });

  test("ten thousand that end the moment they start do not grow the stack", () => {
    const slots = new CallSlots(1, 10_000);
    const first = slots.take(() => {});
    let ended = 0;
    const waiting: Slot[] = [];
    for (let index = 0; index < 10_000; index += 1) {
      waiting.push(
        slots.take(() => {
          const own = waiting[index];
          if (own !== undefined) slots.giveBack(own);
          ended += 1;
        }),
      );
    }
    slots.giveBack(first);
    expect(ended).toBe(10_000);
    expect([slots.running, slots.waiting]).toEqual([0, 0]);
  });

  test("the bounds hold, and nobody is forgotten, whatever is taken and given back", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 300 }), (steps) => {
        const slots = new CallSlots(3, 5);
        const held = new Set<Slot>();
        for (const step of steps) {
          if (step < 18 && held.size < 8) held.add(slots.take(() => {}));
          const slot = [...held][step % Math.max(1, held.size)];
          if (step >= 18 && slot !== undefined) {
            held.delete(slot);
            slots.giveBack(slot);
          }
          const running = [...held].filter(({ state }) => state === "running").length;
          expect(running).toBe(Math.min(3, held.size));
          expect([slots.running, slots.waiting]).toEqual([running, held.size - running]);
        }
      }),
    );
  });
});
