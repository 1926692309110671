import assert from "node:assert/strict";
import type {
  CommandResult,
  KeyRange,
  KeyValueStateMachine,
  LeaseId,
  LogEntry,
  RevisionChanges,
  ScanQuery,
  SnapshotMeta,
  SnapshotSink,
  SnapshotSource,
  StoredLease,
  WriteCommand,
  WriteRefusal,
  WriteResult,
} from "@aspenjs/api";
import { LogScript } from "./log-script.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

/** Applies and expects that to succeed. */
export async function applied(
  machine: KeyValueStateMachine,
  entries: readonly LogEntry[],
): Promise<readonly (CommandResult | undefined)[]> {
  const outcome = await machine.apply(entries);
  if (outcome.kind === "fault") assert.fail(`apply failed: ${outcome.fault.message}`);
  assert.equal(outcome.results.length, entries.length);
  return outcome.results;
}

/** Applies one command and returns what it came to. */
export async function resultOf(machine: KeyValueStateMachine, entry: LogEntry): Promise<CommandResult> {
  const [result] = await applied(machine, [entry]);
  assert.ok(result !== undefined, "a command has a result");
  return result;
}

/** Applies one write and returns what it came to. */
export async function written(machine: KeyValueStateMachine, entry: LogEntry): Promise<WriteResult> {
  const result = await resultOf(machine, entry);
  assert.ok(result.kind === "written", `the write was not applied: ${result.kind}`);
  return result.result;
}

/**
 * Demands that a machine, which has applied the whole log, refuses the commands, and that they leave what commands that
 * do nothing leave: another machine, which gets such ones at their places, has the same checksum afterwards.
 */
export async function assertRefused(
  subject: StateMachineSubject,
  machine: KeyValueStateMachine,
  log: LogScript,
  refusals: readonly (readonly [WriteCommand, WriteRefusal])[],
): Promise<void> {
  const { machine: idle } = await subject.openReplica();
  await applied(idle, log.entries);
  for (const [command, reason] of refusals) {
    const entry = log.write(command);
    assert.deepEqual(await resultOf(machine, entry), { kind: "refused", reason });
    const nothing = new LogScript();
    nothing.logTimeMs = log.logTimeMs;
    const { payload } = nothing.write({ kind: "delete", key: "of nobody" });
    await applied(idle, [{ ...entry, payload }]);
    assert.equal(machine.revision, idle.revision);
  }
  assert.equal(await machine.checksum(), await idle.checksum());
}

/** Everything that a machine says about its leases. */
export function leasesOf(
  machine: KeyValueStateMachine,
): readonly (StoredLease & { readonly keyCount: number; readonly keys: readonly string[] })[] {
  return machine.leases(0, Number.MAX_SAFE_INTEGER).map((lease) => {
    assert.deepEqual(machine.lease(lease.leaseId), lease);
    return { ...lease, ...machine.leaseKeys(lease.leaseId, Number.MAX_SAFE_INTEGER) };
  });
}

/** Everything that a machine still says about its past, asked for in small pieces. */
export function historyOf(machine: KeyValueStateMachine): readonly RevisionChanges[] {
  const history: RevisionChanges[] = [];
  for (;;) {
    const from = machine.firstRevision + history.length;
    const page = machine.changesFrom(from, 1_000);
    assert.ok(page.kind === "changes", "what is kept can be read");
    if (page.revisions.length === 0) {
      assert.equal(from, machine.revision + 1);
      return history;
    }
    history.push(...page.revisions);
    assert.equal(history.at(-1)?.revision, machine.firstRevision + history.length - 1);
  }
}

/** The keys of a lease; nothing when there is no such lease. Demands that they are counted right. */
export function keysOf(machine: KeyValueStateMachine, leaseId: LeaseId): readonly string[] | undefined {
  const { keyCount, keys } = machine.leaseKeys(leaseId, Number.MAX_SAFE_INTEGER);
  assert.equal(keyCount, keys.length);
  return machine.lease(leaseId) === undefined ? undefined : keys;
}

function query(range: KeyRange, options: Partial<ScanQuery> = {}): ScanQuery {
  return { range, limit: 1_000, reverse: false, keysOnly: false, after: undefined, ...options };
}

export function prefix(text: string, options: Partial<ScanQuery> = {}): ScanQuery {
  return query({ kind: "prefix", prefix: text }, options);
}

export function range(start: string, end: string, options: Partial<ScanQuery> = {}): ScanQuery {
  return query({ kind: "range", start, end }, options);
}

export function scannedKeys(machine: KeyValueStateMachine, scan: ScanQuery): string[] {
  return machine.scan(scan).entries.map((entry) => entry.key);
}

export async function takenSnapshot(machine: KeyValueStateMachine): Promise<SnapshotMeta> {
  const outcome = await machine.takeSnapshot();
  if (outcome.kind === "fault") assert.fail(`no snapshot was taken: ${outcome.fault.message}`);
  return outcome.meta;
}

export async function openedSnapshot(machine: KeyValueStateMachine): Promise<SnapshotSource> {
  const source = await machine.openSnapshot();
  assert.ok(source !== undefined, "there is a snapshot");
  return source;
}

const CHUNK_BYTES = 65_536;

export async function readChunk(source: SnapshotSource, offset: number, length = CHUNK_BYTES): Promise<Uint8Array> {
  const outcome = await source.read(offset, length);
  if (outcome.kind === "fault") assert.fail(`the snapshot cannot be read: ${outcome.fault.message}`);
  return outcome.bytes;
}

/** Carries what the sink still lacks over from the source, up to an offset. */
export async function transfer(
  source: SnapshotSource,
  sink: SnapshotSink,
  upTo = source.meta.byteLength,
  chunkBytes = CHUNK_BYTES,
): Promise<void> {
  while (sink.receivedBytes < upTo) {
    const length = Math.min(chunkBytes, upTo - sink.receivedBytes);
    const bytes = await readChunk(source, sink.receivedBytes, length);
    assert.equal(bytes.byteLength, length);
    assert.deepEqual(await sink.write(bytes), { kind: "done" });
  }
}

/** Carries the latest snapshot of one machine to another and installs it. */
export async function installFrom(source: KeyValueStateMachine, target: KeyValueStateMachine): Promise<void> {
  const snapshot = await openedSnapshot(source);
  const sink = await target.receiveSnapshot(snapshot.meta);
  await transfer(snapshot, sink);
  assert.deepEqual(await sink.install(), { kind: "installed" });
  await sink.close();
  await snapshot.close();
}
