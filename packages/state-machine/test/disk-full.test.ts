import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const CHILD = join(import.meta.dirname, "programs/disk-full-child.ts");
/** Of util-linux. */
const UNSHARE = "/usr/bin/unshare";
const canMount =
  process.platform === "linux" && spawnSync(UNSHARE, ["-m", "sh", "-c", "mount -t tmpfs none /mnt"]).status === 0;

interface Filled {
  readonly faults: readonly string[];
  readonly index: number;
  readonly revision: number;
}

describe.skipIf(!canMount)("a disk that is full", () => {
  test("ends the machine with disk_full; what was applied is all there afterwards, and nothing else", () => {
    const root = mkdtempSync(join(tmpdir(), "aspen-full-"));
    // The disk exists in a mount namespace of its own, and goes away with it.
    const node = `"${process.execPath}" --conditions=@aspenjs/source "${CHILD}" "${root}"`;
    const script = `mount -t tmpfs -o size=6m none "${root}" && ${node} fill && mount -o remount,size=32m "${root}" && ${node} look`;
    const [filled = "", reopened = ""] = execFileSync(UNSHARE, ["-m", "sh", "-c", script])
      .toString()
      .trim()
      .split("\n");
    rmSync(root, { recursive: true });
    const { faults, index, revision } = JSON.parse(filled) as Filled;
    expect(faults).toEqual(["disk_full", "disk_full"]);
    expect(index).toBeGreaterThan(40);
    expect(index % 3, "batches of three, whole or not at all").toBe(0);
    expect(JSON.parse(reopened)).toEqual({ index, revision, known: 40 });
  }, 180_000);
});
