import { cpSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type * as FileSystem from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SILENT_LOGGER, type KeyValueStateMachine } from "@aspenjs/api";
import { expect, test, vi } from "vitest";
import { InlineMaintenance } from "../src/sqlite/inline-maintenance.ts";
import type { Maintenance } from "../src/sqlite/maintenance.ts";
import { SnapshotDirectory } from "../src/sqlite/snapshot-directory.ts";
import { SqliteStateMachine } from "../src/sqlite/sqlite-state-machine.ts";
import { StateDatabase } from "../src/sqlite/state-database.ts";
import { applied, openedSnapshot, takenSnapshot, transfer } from "../src/testing/applying.ts";
import { LogScript } from "../src/testing/index.ts";
import { openMachine } from "./sqlite-subject.ts";

/** Called before every call that changes what the disk holds under some name. */
const disk = vi.hoisted(() => ({ onChange: undefined as ((call: string, path: string) => void) | undefined }));

vi.mock("node:fs/promises", async (importOriginal) => {
  const original = await importOriginal<typeof FileSystem>();
  return {
    ...original,
    rename: (from: string, to: string) => {
      disk.onChange?.("rename", from);
      return original.rename(from, to);
    },
    rm: (path: string, options: object) => {
      disk.onChange?.("rm", path);
      return original.rm(path, options);
    },
    copyFile: (from: string, to: string, mode: number) => {
      disk.onChange?.("copyFile", to);
      return original.copyFile(from, to, mode);
    },
  };
});

async function openObserved(directory: string, maintenance: Maintenance): Promise<KeyValueStateMachine> {
  const databasePath = join(directory, "state.sqlite");
  const snapshots = await SnapshotDirectory.open(join(directory, "snapshots"), SILENT_LOGGER);
  const database = await StateDatabase.open(databasePath);
  const options = { logger: SILENT_LOGGER, checkpointAfterBytes: 1_000_000_000 };
  return new SqliteStateMachine({ databasePath, database, snapshots, maintenance, ...options });
}

test("Q5: at every instant of an installation the disk holds the old state whole, or the new one", async () => {
  const root = await mkdtemp(join(tmpdir(), "aspen-instants-"));
  const log = new LogScript();
  const donor = await openMachine({ directory: join(root, "donor"), maintenance: "inline" });
  const early = log.sets(["a", "b", "c"]);
  const late = log.set("during", "the installation");
  await applied(donor, [...early, late, ...log.sets(["d", "e"]), log.membership([1, 2])]);
  await takenSnapshot(donor);

  // An entry that is applied behind the checkpoint of the installation stands in the write-ahead file alone.
  const inline = new InlineMaintenance();
  const target: KeyValueStateMachine = await openObserved(join(root, "target"), {
    run: async (task) => {
      const outcome = await inline.run(task);
      if (task.kind === "checkpoint") await applied(target, [late]);
      return outcome;
    },
    close: () => inline.close(),
  });
  await applied(target, early);
  const source = await openedSnapshot(donor);
  const sink = await target.receiveSnapshot(source.meta);
  await transfer(source, sink);

  const instants: string[] = [];
  disk.onChange = (call, path) => {
    if (!path.startsWith(join(root, "target"))) return;
    const copy = join(root, `instant-${instants.length}`);
    instants.push(`${call} ${path.slice(join(root, "target").length)}`);
    cpSync(join(root, "target"), copy, { recursive: true, filter: (name) => !name.endsWith("-shm") });
  };
  expect(await sink.install()).toEqual({ kind: "installed" });
  disk.onChange = undefined;
  await target.close();
  await source.close();

  const positions: number[] = [];
  for (const [instant] of instants.entries()) {
    const machine = await openMachine({ directory: join(root, `instant-${instant}`), maintenance: "inline" });
    const { index } = machine.appliedState.lastApplied;
    positions.push(index);
    await applied(machine, log.after(index));
    expect(await machine.checksum()).toBe(await donor.checksum());
    await machine.close();
  }
  const swap = instants.indexOf("rename /state.sqlite.staged");
  expect(instants.length).toBeGreaterThan(swap + 3);
  // All three entries that were there before, and from the moment it was applied, the fourth.
  expect(positions.slice(0, swap + 1).every((index) => index === 3 || index === 4)).toBe(true);
  expect(positions[swap]).toBe(4);
  expect(new Set(positions.slice(swap + 1))).toEqual(new Set([log.entries.length]));
  await donor.close();
  await rm(root, { recursive: true });
});
