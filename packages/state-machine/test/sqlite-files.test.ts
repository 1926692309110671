import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { AspenError, type LogEntry } from "@aspenjs/api";
import { encodeRow } from "@aspenjs/codec";
import { Blake3 } from "../src/blake3.ts";
import { assertNodeVersion } from "../src/sqlite/open-database.ts";
import { openSqliteStateMachine } from "../src/sqlite/index.ts";
import { changesCrc } from "../src/sqlite/state-schema.ts";
import { applied, installFrom, takenSnapshot, transfer } from "../src/testing/applying.ts";
import { boundSet, grantOf, timedSet } from "../src/testing/commands.ts";
import { LogScript } from "../src/testing/index.ts";
import { openMachine, SqliteSubject, type SqliteReplica } from "./sqlite-subject.ts";

/** A marker that stands once in a file, so that a test can change one bit of it. */
const MARKER = "a value that is easy to find in a file";

async function flipBit(path: string, marker: string): Promise<void> {
  const bytes = await readFile(path);
  const position = bytes.indexOf(marker);
  if (position < 0) throw new Error(`the marker is not in ${path}`);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x01, position);
  await writeFile(path, bytes);
}

async function openFilled(subject: SqliteSubject): Promise<{ replica: SqliteReplica; log: LogScript }> {
  const replica = await subject.openReplica();
  const log = new LogScript();
  log.membership([1]);
  log.command({ kind: "openSession" });
  log.sets(["a", "b", "c"]);
  log.set("marked", MARKER);
  await applied(replica.machine, log.entries);
  return { replica, log };
}

/** A lease with a key, and one of a key's own. */
function leaseEntries(log: LogScript): readonly LogEntry[] {
  return [grantOf(7), boundSet("bound", 7), timedSet("timed")].map((command) => log.write(command));
}

describe("the files of the SQLite state machine", () => {
  const subject = new SqliteSubject({ maintenance: "inline" });
  afterEach(() => subject.dispose());

  const statePath = (replica: SqliteReplica): string => join(replica.directory, "state.sqlite");
  const snapshotPath = async (replica: SqliteReplica): Promise<string> => {
    const folder = join(replica.directory, "snapshots");
    const name = (await readdir(folder)).find((candidate) => candidate.endsWith(".sqlite"));
    return join(folder, name ?? "none");
  };

  test("a stopped state file is read by any SQLite: keys and values in the view kv, system keys left out", async () => {
    const { replica, log } = await openFilled(subject);
    await applied(replica.machine, [log.set("\u0000system", "hidden"), log.set("emoji \u{1F600}", "größer")]);
    await replica.machine.close();
    const database = new DatabaseSync(statePath(replica), { readOnly: true });
    const rows = database
      .prepare("SELECT key, value_text, version, create_revision, mod_revision, lease_id FROM kv")
      .all();
    expect(rows.map((row) => row["key"])).toEqual(["a", "b", "c", "emoji \u{1F600}", "marked"]);
    expect(rows[3]).toMatchObject({ value_text: "größer", version: 1, create_revision: 6, lease_id: null });
    const plan = database.prepare("EXPLAIN QUERY PLAN SELECT value FROM kv WHERE key = 'a'").get();
    expect(plan?.["detail"]).toContain("SEARCH entries USING INDEX");
    const ofLease = "SELECT key FROM entries WHERE lease_id = ? ORDER BY key LIMIT 10";
    const leasePlan = database.prepare(`EXPLAIN QUERY PLAN ${ofLease}`).all(7);
    expect(leasePlan.map((step) => step["detail"])).toEqual([
      "SEARCH entries USING COVERING INDEX entries_by_lease (lease_id=?)",
    ]);
    database.close();
  });

  test.skipIf(!existsSync("/usr/bin/sqlite3"))(
    "the sqlite3 shell prints keys and values of a stopped file",
    async () => {
      const { replica } = await openFilled(subject);
      await replica.machine.close();
      const printed = execFileSync("/usr/bin/sqlite3", [
        statePath(replica),
        "SELECT key, value FROM kv WHERE key < 'c'",
      ]);
      expect(printed.toString()).toBe("a|value of a\nb|value of b\n");
    },
  );

  test("files belong to their owner alone", async () => {
    const { replica } = await openFilled(subject);
    await takenSnapshot(replica.machine);
    for (const path of [statePath(replica), `${statePath(replica)}-wal`, await snapshotPath(replica)]) {
      expect((await stat(path)).mode & 0o077).toBe(0);
    }
  });

  test("a bit that flips in a value is never served: the machine stops instead", async () => {
    const { replica, log } = await openFilled(subject);
    await replica.machine.close();
    await flipBit(statePath(replica), MARKER);
    await replica.restart();
    expect(replica.machine.get("a")?.version).toBe(1);
    expect(() => replica.machine.get("marked")).toThrow(expect.objectContaining({ code: "corrupt" }));
    const outcome = await replica.machine.apply([log.set("a", "2")]);
    expect(outcome).toMatchObject({ kind: "fault", fault: { code: "corrupt" } });
    expect(() => replica.machine.get("a")).toThrow(AspenError);
  });

  test("a bit that flipped does not travel with a snapshot, nor hide from the checksum", async () => {
    for (const ask of ["takeSnapshot", "checksum"] as const) {
      const { replica } = await openFilled(subject);
      await replica.machine.close();
      await flipBit(statePath(replica), MARKER);
      await replica.restart();
      if (ask === "checksum") await expect(replica.machine.checksum()).rejects.toMatchObject({ code: "corrupt" });
      else expect(await replica.machine.takeSnapshot()).toMatchObject({ kind: "fault", fault: { code: "corrupt" } });
    }
  });

  test("a file that is no state file, or one of another format, is not opened", async () => {
    const { replica, log } = await openFilled(subject);
    await applied(replica.machine, leaseEntries(log));
    await replica.machine.close();
    const path = statePath(replica);
    const original = await readFile(path);
    const attempts: readonly (readonly [string, () => Promise<void> | void])[] = [
      ["NOTADB", () => writeFile(path, "not a database, but long enough to look like a header of one".repeat(20))],
      ["format 2", () => change(path, "PRAGMA user_version = 2")],
      ["format 4", () => change(path, "PRAGMA user_version = 4")],
      ["not an Aspen state file", () => change(path, "PRAGMA application_id = 1")],
      ["schema", () => change(path, "CREATE TRIGGER t AFTER DELETE ON entries BEGIN DELETE FROM sessions; END")],
      ["position", () => change(path, "DELETE FROM applied")],
      ["checksum", () => change(path, "UPDATE applied SET log_index = 1")],
      ["membership", () => change(path, "UPDATE membership SET content = x'00'")],
      ["session", () => change(path, "UPDATE sessions SET crc32 = 0")],
      ["lease 7 does not match", () => change(path, "UPDATE leases SET deadline_ms = 0")],
      ["lease 7 does not match", () => change(path, "UPDATE leases SET is_owned_by_key = 1 - is_owned_by_key")],
      ["position does not match", () => change(path, "UPDATE applied SET leases_extended_at_ms = 5")],
      ["bound to lease 7, which is not there", () => change(path, "DELETE FROM leases WHERE lease_id = 7")],
      ["revision 2 do not match", () => change(path, "UPDATE changes SET content = x'80' WHERE revision = 2")],
      ["revision 3 do not match", () => change(path, "UPDATE changes SET log_time_ms = 0 WHERE revision = 3")],
      ["revision 9 do not match", () => change(path, "UPDATE changes SET revision = 9 WHERE revision = 6")],
      ["revision 2 are not there", () => change(path, "DELETE FROM changes WHERE revision = 3")],
      ["revision 6 are not there", () => change(path, "DELETE FROM changes")],
      ["belongs to one key, but 0", () => change(path, "DELETE FROM entries WHERE key = 'timed'")],
    ];
    for (const [message, damage] of attempts) {
      await writeFile(path, original);
      await damage();
      const outcome = await openSqliteStateMachine({ directory: replica.directory });
      expect(outcome).toMatchObject({ kind: "fault", fault: { code: "corrupt" } });
      expect(outcome.kind === "fault" && outcome.fault.message).toContain(message);
    }
  });

  test("a directory that cannot be one is a fault", async () => {
    const { replica } = await openFilled(subject);
    const outcome = await openSqliteStateMachine({ directory: statePath(replica) });
    expect(outcome).toMatchObject({ kind: "fault", fault: { code: "io_failed" } });
  });

  test("changes that match their checksum and cannot be read end the machine when asked for, and travel nowhere", async () => {
    const { replica } = await openFilled(subject);
    await replica.machine.close();
    const content = encodeRow([[1, "a", null, "behind"]]);
    const database = new DatabaseSync(statePath(replica));
    const crc = changesCrc({ revision: 3, logTimeMs: 1_000, content });
    database.prepare("UPDATE changes SET content = ?, crc32 = ? WHERE revision = 3").run(content, crc);
    database.close();
    await replica.restart();
    expect(replica.machine.changesFrom(4, 1)).toMatchObject({ kind: "changes" });
    expect(() => replica.machine.changesFrom(1, 1_000)).toThrow(expect.objectContaining({ code: "corrupt" }));
    expect(() => replica.machine.get("a")).toThrow(expect.objectContaining({ code: "corrupt" }));
    await replica.restart();
    expect(await replica.machine.takeSnapshot()).toMatchObject({ kind: "fault", fault: { code: "corrupt" } });
  });

  test("a snapshot that rotted on disk is dropped, not sent; the next one takes its place", async () => {
    const { replica } = await openFilled(subject);
    await takenSnapshot(replica.machine);
    await replica.machine.close();
    await flipBit(await snapshotPath(replica), MARKER);
    await replica.restart();
    expect(replica.machine.latestSnapshot).toBeDefined();
    expect(await replica.machine.openSnapshot()).toBeUndefined();
    expect(replica.machine.latestSnapshot).toBeUndefined();
    await takenSnapshot(replica.machine);
    const other = await subject.openReplica();
    await installFrom(replica.machine, other.machine);
  });

  test("a torn snapshot, one without its meta, and leftovers of a crash are cleared away", async () => {
    const { replica } = await openFilled(subject);
    await takenSnapshot(replica.machine);
    await replica.machine.close();
    const path = await snapshotPath(replica);
    const bytes = await readFile(path);
    const meta = await readFile(path.replace(".sqlite", ".meta"));
    const folder = join(replica.directory, "snapshots");
    await writeFile(join(folder, "snapshot-7.sqlite"), bytes);
    await writeFile(join(folder, "snapshot-8.sqlite"), bytes.subarray(1));
    await writeFile(join(folder, "snapshot-8.meta"), meta);
    await writeFile(join(folder, "snapshot-9.sqlite"), bytes);
    meta.writeUInt8(meta.readUInt8(6) ^ 0x01, 6);
    await writeFile(join(folder, "snapshot-9.meta"), meta);
    await writeFile(join(folder, "taking.sqlite"), bytes);
    await writeFile(join(folder, "incoming.meta"), "torn");
    await writeFile(`${statePath(replica)}.staged`, "left behind");
    await replica.restart();
    expect((await readdir(folder)).toSorted()).toEqual(["snapshot-1.meta", "snapshot-1.sqlite"]);
    expect((await readdir(replica.directory)).includes("state.sqlite.staged")).toBe(false);
    expect(replica.machine.latestSnapshot?.lastIncluded.index).toBe(6);
    await applied(
      replica.machine,
      [new LogScript().set("x", "")].map((entry) => ({ ...entry, index: 7 })),
    );
    await takenSnapshot(replica.machine);
    expect((await readdir(folder)).toSorted()).toEqual(["snapshot-10.meta", "snapshot-10.sqlite"]);
  });

  test.each([
    ["a foreign trigger", "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM sessions; END", "schema"],
    ["a lease less", "DELETE FROM leases WHERE lease_id = 7", "a key is bound to lease 7, which is not there"],
    ["changes less", "DELETE FROM changes WHERE revision = 3", "revision 2 are not there"],
    ["a timed key less", "DELETE FROM entries WHERE key = 'timed'", "belongs to one key, but 0 are bound to it"],
  ])("a snapshot file with %s is refused, whatever its digest", async (_name, sql, reason) => {
    const { replica, log } = await openFilled(subject);
    await applied(replica.machine, leaseEntries(log));
    await takenSnapshot(replica.machine);
    const path = await snapshotPath(replica);
    change(path, sql);
    const bytes = new Uint8Array(await readFile(path));
    const { latestSnapshot } = replica.machine;
    if (latestSnapshot === undefined) throw new Error("there is a snapshot");
    const digest = await Blake3.digestOf([bytes]);
    const target = await subject.openReplica();
    const sink = await target.machine.receiveSnapshot({ ...latestSnapshot, byteLength: bytes.byteLength, digest });
    await sink.write(bytes);
    expect(await sink.install()).toMatchObject({ kind: "rejected", reason: expect.stringContaining(reason) });
    expect(target.machine.revision).toBe(0);
  });

  test("Q5: a crash after the swap leaves the new state, and the snapshot can be installed once more", async () => {
    const { replica } = await openFilled(subject);
    const meta = await takenSnapshot(replica.machine);
    const target = await subject.openReplica();
    const source = await replica.machine.openSnapshot();
    if (source === undefined) throw new Error("there is a snapshot");
    const sink = await target.machine.receiveSnapshot(meta);
    await transfer(source, sink);
    await source.close();
    await target.machine.close();
    // What the disk holds when the process dies between the swap and the promotion of the snapshot.
    await copyFile(join(target.directory, "snapshots", "incoming.sqlite"), statePath(target));
    await target.restart();
    expect(target.machine.appliedState).toEqual(replica.machine.appliedState);
    expect(target.machine.latestSnapshot).toBeUndefined();
    const again = await target.machine.receiveSnapshot(meta);
    expect(again.receivedBytes).toBe(meta.byteLength);
    expect(await again.install()).toEqual({ kind: "installed" });
    expect(target.machine.latestSnapshot).toEqual(meta);
    expect(await target.machine.checksum()).toBe(await replica.machine.checksum());
  });

  test("a second machine on one directory stops the one that comes late, before anything is applied twice", async () => {
    const { replica, log } = await openFilled(subject);
    const intruder = await openMachine({ directory: replica.directory, maintenance: "inline" });
    const entry = log.set("a", "once");
    await applied(intruder, [entry]);
    const late = await replica.machine.apply([entry]);
    expect(late).toMatchObject({ kind: "fault", fault: { code: "corrupt" } });
    expect(intruder.get("a")?.version).toBe(2);
    await intruder.close();
  });

  test("a Node that the binding cannot run on is refused with a clear text", () => {
    expect(() => assertNodeVersion("20.20.2")).toThrow("needs Node 22 or newer; this is 20.20.2");
    expect(() => assertNodeVersion("22.18.0")).not.toThrow();
  });
});

describe("the write-ahead file", () => {
  test("Q6: starts over however busily entries are applied", async () => {
    const subject = new SqliteSubject({ checkpointAfterBytes: 1_048_576 });
    const { machine, directory } = await subject.openReplica();
    const log = new LogScript();
    const value = new Uint8Array(100_000).fill(7);
    // The maintenance thread takes a while to start; it is there before anything is counted.
    await machine.checksum();
    let writtenBytes = 0;
    let writeAheadBytes = 0;
    while (writtenBytes < 400_000_000 && writeAheadBytes >= writtenBytes - 30_000_000) {
      const entries = Array.from({ length: 10 }, (_, i) => log.write({ kind: "set", key: `k${i}`, value }));
      await applied(machine, entries);
      writtenBytes += entries.length * value.byteLength;
      writeAheadBytes = (await stat(join(directory, "state.sqlite-wal"))).size;
    }
    expect(writeAheadBytes).toBeLessThan(writtenBytes - 30_000_000);
    await subject.dispose();
  }, 240_000);

  test("is empty, or gone, after a clean stop", async () => {
    const subject = new SqliteSubject();
    const replica = await subject.openReplica();
    await applied(replica.machine, new LogScript().sets(["a", "b"]));
    await replica.machine.close();
    expect(existsSync(join(replica.directory, "state.sqlite-wal"))).toBe(false);
    await subject.dispose();
  });
});

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}
