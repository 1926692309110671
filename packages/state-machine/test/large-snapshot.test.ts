import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, describe, expect, test } from "vitest";
import { installFrom, openedSnapshot, readChunk } from "../src/testing/applying.ts";
import { LogScript } from "../src/testing/index.ts";
import { SqliteSubject } from "./sqlite-subject.ts";

const VALUE_BYTES = 1_048_576;
const VALUES = 210;

describe("a state of more than 200 MB", () => {
  const subject = new SqliteSubject();
  afterEach(() => subject.dispose(), 180_000);

  test("goes through a snapshot while entries are applied, and into another replica", async () => {
    const { machine } = await subject.openReplica();
    const log = new LogScript();
    for (let i = 0; i < VALUES; i += 1) {
      const value = new Uint8Array(VALUE_BYTES).fill(i);
      const outcome = await machine.apply([log.write({ kind: "set", key: `large/${i}`, value })]);
      if (outcome.kind === "fault") throw new Error(outcome.fault.message);
    }
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const startedMs = performance.now();
    let isTaken = false;
    const taking = machine.takeSnapshot().finally(() => (isTaken = true));
    let appliedMeanwhile = 0;
    while (!isTaken) {
      await machine.apply([log.set(`small/${appliedMeanwhile % 100}`, "x")]);
      appliedMeanwhile += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const taken = await taking;
    delay.disable();
    const tookMs = performance.now() - startedMs;
    if (taken.kind === "fault") throw new Error(taken.fault.message);
    const { meta } = taken;
    expect(meta.byteLength).toBeGreaterThan(200_000_000);
    const installStartedMs = performance.now();
    const other = await subject.openReplica();
    await installFrom(machine, other.machine);
    const installMs = performance.now() - installStartedMs;
    expect(other.machine.appliedState.lastApplied).toEqual(meta.lastIncluded);
    const missing = log.after(meta.lastIncluded.index);
    if (missing.length > 0) await other.machine.apply(missing);
    expect(await other.machine.checksum()).toBe(await machine.checksum());
    const source = await openedSnapshot(other.machine);
    expect(await readChunk(source, 0, 16)).toEqual(new TextEncoder().encode("SQLite format 3\0"));
    await source.close();
    process.stderr.write(
      `snapshot of ${(meta.byteLength / 1e6).toFixed(0)} MB: taken in ${tookMs.toFixed(0)} ms with ` +
        `${appliedMeanwhile} sets meanwhile, event loop held at most ${(delay.max / 1e6).toFixed(0)} ms ` +
        `(99 % below ${(delay.percentile(99) / 1e6).toFixed(0)} ms); sent and installed in ${installMs.toFixed(0)} ms\n`,
    );
  }, 360_000);
});
