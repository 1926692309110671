import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import BetterSqlite3 from "better-sqlite3";
import { SILENT_LOGGER } from "@aspenjs/api";
import { InlineMaintenance } from "../src/sqlite/inline-maintenance.ts";
import type { Maintenance, MaintenanceOutcome, MaintenanceTask } from "../src/sqlite/maintenance.ts";
import { SnapshotDirectory } from "../src/sqlite/snapshot-directory.ts";
import type { SqlProcessPool } from "../src/sqlite/sql-process-pool.ts";
import { SqliteStateMachine } from "../src/sqlite/sqlite-state-machine.ts";
import { StateDatabase } from "../src/sqlite/state-database.ts";
import { LogScript } from "../src/testing/index.ts";

/** Calls back at the end of every task, before the machine hears of it. */
class ObservedMaintenance implements Maintenance {
  readonly #inline = new InlineMaintenance();
  readonly #onDone: () => Promise<void>;

  constructor(onDone: () => Promise<void>) {
    this.#onDone = onDone;
  }

  async run<Kind extends MaintenanceTask["kind"]>(
    task: Extract<MaintenanceTask, { kind: Kind }>,
  ): Promise<MaintenanceOutcome<Kind>> {
    const outcome = await this.#inline.run<Kind>(task);
    await this.#onDone();
    return outcome;
  }

  close(): Promise<void> {
    return this.#inline.close();
  }
}

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("Q6: what is applied during a checkpoint is moved by a second pass, for which the next entries wait", async () => {
  const directory = await mkdtemp(join(tmpdir(), "aspen-checkpoint-"));
  const databasePath = join(directory, "state.sqlite");
  const log = new LogScript();
  const waited: boolean[] = [];
  let late: Promise<unknown> = Promise.resolve();
  const machine: SqliteStateMachine = new SqliteStateMachine({
    databasePath,
    database: await StateDatabase.open(databasePath),
    snapshots: await SnapshotDirectory.open(join(directory, "snapshots"), SILENT_LOGGER),
    logger: SILENT_LOGGER,
    checkpointAfterBytes: 1_000_000,
    maintenance: new ObservedMaintenance(async () => {
      let isApplied = false;
      late = machine.apply([log.set("late", "1")]).then(() => (isApplied = true));
      await aTurn();
      waited.push(!isApplied);
    }),
  });
  const value = new Uint8Array(1_000_000);
  await machine.apply([log.write({ kind: "set", key: "large", value })]);
  while (waited.length < 2) await aTurn();
  await late;
  expect(waited).toEqual([false, true]);
  expect(machine.get("late")?.version).toBe(2);
  // The last entry was written at the start of the file again: it holds a few pages, not those of the large value.
  const reader = new BetterSqlite3(databasePath);
  const [state] = reader.pragma("wal_checkpoint(NOOP)") as { log: number }[];
  expect(state?.log).toBeLessThan(10);
  reader.close();
  await machine.close();
  await rm(directory, { recursive: true });
}, 60_000);

test("Q6: queries that keep checkpoints from finishing are held back until one has finished", async () => {
  const directory = await mkdtemp(join(tmpdir(), "aspen-checkpoint-"));
  const databasePath = join(directory, "state.sqlite");
  const log = new LogScript();
  const database = await StateDatabase.open(databasePath);
  const reader = new BetterSqlite3(databasePath);
  const steps: string[] = [];
  const sqlProcesses = {
    hold: async () => {
      steps.push("hold");
      reader.exec("COMMIT");
    },
    resume: () => steps.push("resume"),
    close: async () => {},
  } as unknown as SqlProcessPool;
  const machine: SqliteStateMachine = new SqliteStateMachine({
    databasePath,
    database,
    snapshots: await SnapshotDirectory.open(join(directory, "snapshots"), SILENT_LOGGER),
    logger: SILENT_LOGGER,
    checkpointAfterBytes: 1_000_000,
    sqlProcesses,
    // Something is applied during every first pass, so that there is a second one.
    maintenance: new ObservedMaintenance(async () => {
      void machine.apply([log.set("late", "1")]);
      await aTurn();
    }),
  });
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM entries").get();
  const value = new Uint8Array(1_000_000);
  for (let round = 0; round < 6; round += 1) {
    await machine.apply([log.write({ kind: "set", key: "large", value })]);
    for (let turn = 0; turn < 100; turn += 1) await aTurn();
  }
  expect(steps).toEqual(["hold", "resume"]);
  const [state] = reader.pragma("wal_checkpoint(NOOP)") as { log: number }[];
  expect(state?.log).toBeLessThan(600);
  reader.close();
  await machine.close();
  await rm(directory, { recursive: true });
}, 60_000);
