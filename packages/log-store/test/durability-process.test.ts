/**
 * That a batch is on the disk before it is acknowledged, seen from below: in the system calls of the process. And
 * that a sync which fails is never acknowledged.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openLmdbLogStore } from "../src/lmdb/index.ts";
import { straceProblem, traceProgram, type SystemCall } from "./strace-program.ts";

const LOG_FILE = "raft-log.mdb>";
const BATCHES = 8;
const problem = straceProblem();
if (problem !== undefined) console.log(`durability tests skipped: ${problem}`);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "aspen-log-"));
});
afterEach(() => rm(directory, { recursive: true }));

function isAcknowledgement(call: SystemCall): boolean {
  return call.name === "write" && /^write\(1<[^>]*>, "done/.test(call.text);
}

/** What the log file went through: "write" of data, "sync", and "meta" for a write that syncs itself. */
function diskEvents(calls: readonly SystemCall[], metaDescriptor: number): readonly string[] {
  return calls.flatMap((call) => {
    if (!call.text.includes(LOG_FILE)) return [];
    if (call.name === "fdatasync" || call.name === "fsync" || call.name === "msync") {
      return call.result === 0 ? ["sync"] : ["failed sync"];
    }
    if (!["pwrite64", "writev", "pwritev", "write"].includes(call.name)) return [];
    return [call.text.startsWith(`${call.name}(${metaDescriptor}<`) ? "meta" : "write"];
  });
}

describe.skipIf(problem !== undefined)("durability in system calls", () => {
  test("data are written, synced, and made visible by a synced write before each acknowledgement", () => {
    const { lines, calls } = traceProgram("append-batches", [join(directory, "log"), String(BATCHES)], {
      directory,
      strace: ["-e", "trace=openat,write,writev,pwrite64,pwritev,fdatasync,fsync,msync"],
    });
    expect(lines.at(-1)).toBe(`read ${2 * BATCHES}`);
    const metaOpen = calls.find((call) => call.name === "openat" && /raft-log\.mdb", .*O_DSYNC/.test(call.text));
    expect(metaOpen, "the meta page is written through O_DSYNC").toBeDefined();
    let previous = calls.findIndex((call) => call.text.includes('"opened'));
    const isDirectorySynced = calls
      .slice(0, previous)
      .some((call) => call.name === "fsync" && /log>\)/.test(call.text));
    expect(isDirectorySynced, "a new file's directory is synced").toBe(true);
    let acknowledgedCount = 0;
    for (const [position, call] of calls.entries()) {
      if (!isAcknowledgement(call)) continue;
      const events = diskEvents(calls.slice(previous, position), metaOpen?.result ?? -1);
      expect(events.join(" "), `before ${call.text}`).toMatch(/^(write )+sync meta$/);
      previous = position;
      acknowledgedCount += 1;
    }
    expect(acknowledgedCount).toBe(BATCHES);
  });

  test.each([
    ["fdatasync fails with EIO", "fdatasync:error=EIO:when=4+", "io_failed"],
    ["writing fails with EIO", "pwrite64:error=EIO:when=8+", "io_failed"],
    ["writing fails with ENOSPC", "pwrite64:error=ENOSPC:when=8+", "disk_full"],
  ])("%s: a typed fault, for good, and nothing acknowledged is lost", async (_name, injection, code) => {
    const log = join(directory, "log");
    const { lines } = traceProgram("append-batches", [log, String(BATCHES)], {
      directory,
      strace: ["-e", "trace=fdatasync,pwrite64", "-e", `inject=${injection}`],
    });
    expect(lines[0]).toBe("opened");
    const outcomes = lines.slice(1, -1);
    const firstFault = outcomes.indexOf(`fault ${code}`);
    expect(firstFault, lines.join("\n")).toBeGreaterThan(0);
    // Poisoned: no later batch is acknowledged, although the disk might have taken it.
    expect(outcomes.slice(firstFault)).toEqual(outcomes.slice(firstFault).map(() => `fault ${code}`));
    expect(outcomes.slice(0, firstFault).every((line) => line.startsWith("done"))).toBe(true);

    const again = await openLmdbLogStore({ directory: log, storeId: "node-1", mustExist: true });
    if (again.kind === "fault") throw new Error(again.fault.message);
    // Exactly what was acknowledged: the transaction whose sync failed never became visible.
    expect(again.store.state.last.index).toBe(2 * firstFault);
    expect(await again.store.verify()).toEqual({ kind: "intact", entryCount: 2 * firstFault });
    await again.store.close();
  });
});
