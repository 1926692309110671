import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunSurroundings } from "@aspenjs/simulation";
import { SqliteStateDisk } from "@aspenjs/simulation/sqlite";

export const STATE_KINDS = ["memory", "sqlite"] as const;
export type StateKind = (typeof STATE_KINDS)[number];

/** Gives a run the state disks of this kind, and takes the files away when it is over. */
export async function withStateDisks<Value>(
  kind: StateKind,
  run: (around: RunSurroundings) => Promise<Value>,
): Promise<Value> {
  if (kind === "memory") return run({});
  const directory = mkdtempSync(join(tmpdir(), "aspen-sim-"));
  const disks: SqliteStateDisk[] = [];
  const createStateDisk = (nodeId: number): SqliteStateDisk => {
    const disk = new SqliteStateDisk(join(directory, String(nodeId)));
    disks.push(disk);
    return disk;
  };
  try {
    return await run({ createStateDisk });
  } finally {
    for (const disk of disks) await disk.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
