import { describe, expect, test } from "vitest";
import { createMemoryStateMachine, MemoryStateDisk } from "../src/memory/index.ts";
import { LogScript } from "../src/testing/index.ts";

describe("the disk in memory", () => {
  test("a power cut loses what was not flushed, a kill does not; either ends the machine that ran", async () => {
    const disk = new MemoryStateDisk();
    const log = new LogScript();
    const first = createMemoryStateMachine({ disk });
    await first.apply([log.set("flushed", "1")]);
    await first.flush();
    await first.apply([log.set("killed", "1")]);
    disk.kill();
    expect(await first.apply([log.blank()])).toMatchObject({ kind: "fault", fault: { code: "closed" } });
    expect(() => first.get("flushed")).toThrow(expect.objectContaining({ code: "shutting_down" }));
    const second = createMemoryStateMachine({ disk });
    expect(second.appliedState.lastApplied.index).toBe(2);
    disk.cutPower();
    const third = createMemoryStateMachine({ disk });
    expect(third.appliedState.lastApplied.index).toBe(1);
    expect(third.get("killed")).toBeUndefined();
    expect(await second.flush()).toMatchObject({ kind: "fault", fault: { code: "closed" } });
  });

  test("a disk that fails ends the machine for good; a mended one serves the next machine", async () => {
    const disk = new MemoryStateDisk();
    const log = new LogScript();
    const fault = { code: "disk_full", message: "no space left" } as const;
    const machine = createMemoryStateMachine({ disk });
    await machine.apply([log.set("a", "1")]);
    disk.fail(fault);
    const refused = [log.set("a", "2")];
    expect(await machine.apply(refused)).toEqual({ kind: "fault", fault });
    disk.fail(undefined);
    expect(await machine.flush()).toEqual({ kind: "fault", fault });
    expect(() => machine.get("a")).toThrow(expect.objectContaining({ code: "disk_full" }));
    const next = createMemoryStateMachine({ disk });
    expect(next.get("a")?.version).toBe(1);
    expect((await next.apply(refused)).kind).toBe("applied");
  });
});
