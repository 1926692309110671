import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { assert, SILENT_LOGGER, type KeyValueStateMachine, type Logger, type StorageFault } from "@aspenjs/api";
import { stateMachineLimits } from "../limits.ts";
import { PRIVATE_DIRECTORY_MODE } from "./durable-file.ts";
import { InlineMaintenance } from "./inline-maintenance.ts";
import { stagedPath } from "./install-snapshot.ts";
import { MaintenanceThread } from "./maintenance-thread.ts";
import { SnapshotDirectory } from "./snapshot-directory.ts";
import { storageFaultOf } from "./sqlite-fault.ts";
import { SqlProcessPool } from "./sql-process-pool.ts";
import { SqliteStateMachine } from "./sqlite-state-machine.ts";
import { StateDatabase } from "./state-database.ts";

export interface SqliteStateMachineOptions {
  /** Created when it is missing. Belongs to one machine of one process at a time. */
  readonly directory: string;
  readonly logger?: Logger;
  /** About how far the write-ahead file grows before a checkpoint. Default 32 MiB. */
  readonly checkpointAfterBytes?: number;
  /** `inline` does the long work on the calling thread: for simulations. Default `thread`. */
  readonly maintenance?: "thread" | "inline";
  /** Processes that answer queries in SQL, at most; 1 to 10, by default 4. There are none with `inline`, and no SQL. */
  readonly sqlProcessesMax?: number;
}

export type OpenSqliteStateMachineOutcome =
  | { readonly kind: "opened"; readonly machine: KeyValueStateMachine }
  | { readonly kind: "fault"; readonly fault: StorageFault };

/** @throws Error on a Node that the SQLite binding cannot run on */
export async function openSqliteStateMachine(
  options: SqliteStateMachineOptions,
): Promise<OpenSqliteStateMachineOutcome> {
  const logger = options.logger ?? SILENT_LOGGER;
  const databasePath = join(options.directory, "state.sqlite");
  try {
    await mkdir(options.directory, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
    await rm(stagedPath(databasePath), { force: true });
    const snapshots = await SnapshotDirectory.open(join(options.directory, "snapshots"), logger);
    const database = await StateDatabase.open(databasePath);
    const isInline = options.maintenance === "inline";
    const maintenance = isInline ? new InlineMaintenance() : new MaintenanceThread();
    const sqlProcessesMax = options.sqlProcessesMax ?? stateMachineLimits.sqlProcessesDefault;
    const sqlProcesses = isInline ? undefined : new SqlProcessPool(databasePath, sqlProcessesMax);
    const checkpointAfterBytes = options.checkpointAfterBytes ?? stateMachineLimits.checkpointAfterBytes;
    assert(checkpointAfterBytes > 0, "checkpointAfterBytes is positive");
    const parts = { databasePath, database, snapshots, maintenance, sqlProcesses, logger, checkpointAfterBytes };
    return { kind: "opened", machine: new SqliteStateMachine(parts) };
  } catch (error) {
    return { kind: "fault", fault: storageFaultOf(error) };
  }
}
