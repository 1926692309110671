import { readlinkSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { applied, installFrom, takenSnapshot } from "../src/testing/applying.ts";
import { LogScript } from "../src/testing/index.ts";
import { SqliteSubject } from "./sqlite-subject.ts";

describe.skipIf(process.platform !== "linux")("what is synced, and what a failed sync does", () => {
  const subject = new SqliteSubject({ maintenance: "inline" });
  let prototype: FileHandle;
  let synced: string[] = [];

  beforeAll(async () => {
    const handle = await open(import.meta.filename, "r");
    prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await subject.dispose();
  });

  /** Notes the name of every file and folder that is synced through the file system, and syncs it. */
  function watchSyncs(): void {
    const original: FileHandle["sync"] = prototype.sync;
    synced = [];
    vi.spyOn(prototype, "sync").mockImplementation(function (this: FileHandle) {
      synced.push(basename(readlinkSync(`/proc/self/fd/${this.fd}`)));
      return original.call(this);
    });
  }

  test("Q2: a flush syncs the write-ahead file", async () => {
    const { machine } = await subject.openReplica();
    await applied(machine, [new LogScript().set("k", "v")]);
    watchSyncs();
    await machine.flush();
    expect(synced).toEqual(["state.sqlite-wal"]);
  });

  test("a snapshot is synced before it has its name, and its meta after that", async () => {
    const { machine } = await subject.openReplica();
    await applied(machine, [new LogScript().set("k", "v")]);
    watchSyncs();
    await takenSnapshot(machine);
    expect(synced).toEqual(["taking.sqlite", "state.sqlite-wal", "snapshots", "snapshot-1.meta.draft", "snapshots"]);
  });

  test("Q5: the state to be swapped in, the folder before and the folder after the swap are synced", async () => {
    const source = await subject.openReplica();
    await applied(source.machine, [new LogScript().set("k", "v")]);
    await takenSnapshot(source.machine);
    const target = await subject.openReplica();
    watchSyncs();
    await installFrom(source.machine, target.machine);
    const folder = basename(target.directory);
    const swap = ["incoming.sqlite", "state.sqlite.staged", folder, folder];
    expect(synced.filter((name) => swap.includes(name)).slice(0, 4)).toEqual(swap);
  });

  test("Q3: after a failed sync nothing is tried again and nothing is answered", async () => {
    const { machine } = await subject.openReplica();
    const log = new LogScript();
    await applied(machine, [log.set("k", "v")]);
    const failure = Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO", syscall: "fsync" });
    const sync = vi.spyOn(prototype, "sync").mockRejectedValueOnce(failure);
    expect(await machine.flush()).toMatchObject({ kind: "fault", fault: { code: "io_failed" } });
    expect(await machine.flush()).toMatchObject({ kind: "fault", fault: { code: "io_failed" } });
    expect(sync).toHaveBeenCalledTimes(1);
    expect(await machine.apply([log.set("k", "w")])).toMatchObject({ kind: "fault", fault: { code: "io_failed" } });
    expect(() => machine.get("k")).toThrow(expect.objectContaining({ code: "internal" }));
  });
});
