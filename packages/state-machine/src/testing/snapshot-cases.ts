import assert from "node:assert/strict";
import type { SnapshotMeta } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import {
  applied,
  installFrom,
  openedSnapshot,
  prefix,
  readChunk,
  scannedKeys,
  takenSnapshot,
  transfer,
} from "./applying.ts";
import { bytesOf, LogScript } from "./log-script.ts";
import type { StateMachineReplica, StateMachineSubject } from "./state-machine-subject.ts";

interface Filled {
  readonly replica: StateMachineReplica;
  readonly log: LogScript;
}

async function openFilled(subject: StateMachineSubject): Promise<Filled> {
  const replica = await subject.openReplica();
  const log = new LogScript();
  log.membership([1, 2, 3]);
  log.term = 2;
  log.blank();
  for (let i = 0; i < 200; i += 1) log.set(`key/${i}`, `value ${i} `.repeat(200));
  log.command({ kind: "openSession" });
  log.write({ kind: "leaseGrant", ttlMs: 1_000, leaseId: 7 });
  for (let i = 0; i < 5; i += 1) log.write({ kind: "set", key: `key/${i}`, value: bytesOf("bound"), leaseId: 7 });
  log.write({ kind: "set", key: "key/9", value: bytesOf("timed"), ttlMs: 1_000 });
  await applied(replica.machine, log.entries);
  return { replica, log };
}

function altered(meta: SnapshotMeta, change: Partial<SnapshotMeta>): SnapshotMeta {
  return { ...meta, ...change };
}

export const snapshotCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "a snapshot says which entry and membership it holds, and survives a restart",
    async run(subject) {
      const { replica, log } = await openFilled(subject);
      const meta = await takenSnapshot(replica.machine);
      assert.deepEqual(meta.lastIncluded, { term: 2, index: log.entries.length });
      assert.deepEqual(meta.membership, replica.machine.appliedState.membership);
      assert.deepEqual(meta.membership.logId, { term: 1, index: 1 });
      await replica.restart();
      assert.deepEqual(replica.machine.latestSnapshot, meta);
      const source = await openedSnapshot(replica.machine);
      assert.deepEqual(source.meta, meta);
      await source.close();
    },
  },
  {
    name: "a snapshot brings an empty replica to the same state, which goes on from there",
    async run(subject) {
      const { replica, log } = await openFilled(subject);
      const meta = await takenSnapshot(replica.machine);
      const target = await subject.openReplica();
      await installFrom(replica.machine, target.machine);
      assert.deepEqual(target.machine.appliedState, replica.machine.appliedState);
      assert.equal(target.machine.revision, replica.machine.revision);
      assert.equal(target.machine.logTimeMs, replica.machine.logTimeMs);
      assert.deepEqual(target.machine.latestSnapshot, meta);
      const next = [log.set("next", "1"), log.write({ kind: "delete", key: "key/7" })];
      await applied(replica.machine, next);
      await applied(target.machine, next);
      await target.restart();
      assert.deepEqual(scannedKeys(target.machine, prefix("")), scannedKeys(replica.machine, prefix("")));
      assert.equal(await target.machine.checksum(), await replica.machine.checksum());
    },
  },
  {
    name: "what is applied while a snapshot is taken is not torn into it",
    async run(subject) {
      const { replica, log } = await openFilled(subject);
      const taking = takenSnapshot(replica.machine);
      for (let i = 0; i < 50; i += 1) {
        await applied(replica.machine, [log.set("counter", String(i)), log.set("twin", String(i))]);
      }
      const meta = await taking;
      const target = await subject.openReplica();
      await installFrom(replica.machine, target.machine);
      assert.deepEqual(target.machine.appliedState.lastApplied, meta.lastIncluded);
      assert.deepEqual(target.machine.get("counter")?.value, target.machine.get("twin")?.value);
      await applied(target.machine, log.after(meta.lastIncluded.index));
      assert.equal(await target.machine.checksum(), await replica.machine.checksum());
    },
  },
  {
    name: "an open snapshot stays readable while a newer one takes its place",
    async run(subject) {
      const { replica, log } = await openFilled(subject);
      const first = await takenSnapshot(replica.machine);
      const source = await openedSnapshot(replica.machine);
      const start = await readChunk(source, 0, 100);
      for (let round = 0; round < 3; round += 1) {
        await applied(replica.machine, [log.set("k", String(round))]);
        await takenSnapshot(replica.machine);
      }
      assert.notDeepEqual(replica.machine.latestSnapshot, first);
      const target = await subject.openReplica();
      const sink = await target.machine.receiveSnapshot(first);
      await sink.write(start);
      await transfer(source, sink);
      assert.deepEqual(await sink.install(), { kind: "installed" });
      assert.deepEqual(target.machine.appliedState.lastApplied, first.lastIncluded);
      await source.close();
      assert.equal((await source.read(0, 1)).kind, "fault");
    },
  },
  {
    name: "a read ends with the snapshot",
    async run(subject) {
      const { replica } = await openFilled(subject);
      const { byteLength } = await takenSnapshot(replica.machine);
      const source = await openedSnapshot(replica.machine);
      assert.equal((await readChunk(source, byteLength - 3, 10)).byteLength, 3);
      assert.equal((await readChunk(source, byteLength, 10)).byteLength, 0);
      await source.close();
    },
  },
  {
    name: "a transfer goes on where it stopped, after the sink or the whole machine was closed",
    async run(subject) {
      const { replica } = await openFilled(subject);
      const meta = await takenSnapshot(replica.machine);
      const source = await openedSnapshot(replica.machine);
      const target = await subject.openReplica();
      const third = Math.floor(meta.byteLength / 3);
      const first = await target.machine.receiveSnapshot(meta);
      await transfer(source, first, third, 1_000);
      await first.close();
      assert.equal((await first.write(new Uint8Array(1))).kind, "fault");
      const second = await target.machine.receiveSnapshot(meta);
      assert.equal(second.receivedBytes, third);
      await transfer(source, second, 2 * third, 1_000);
      await target.restart();
      const last = await target.machine.receiveSnapshot(meta);
      assert.equal(last.receivedBytes, 2 * third);
      await transfer(source, last, meta.byteLength, 1_000);
      assert.deepEqual(await last.install(), { kind: "installed" });
      assert.equal(await target.machine.checksum(), await replica.machine.checksum());
      await source.close();
    },
  },
  {
    name: "another snapshot than the one half received starts from nothing",
    async run(subject) {
      const { replica, log } = await openFilled(subject);
      const older = await takenSnapshot(replica.machine);
      const source = await openedSnapshot(replica.machine);
      const target = await subject.openReplica();
      const half = await target.machine.receiveSnapshot(older);
      await transfer(source, half, Math.floor(older.byteLength / 2));
      await source.close();
      await applied(replica.machine, [log.set("k", "newer")]);
      const newer = await takenSnapshot(replica.machine);
      const sink = await target.machine.receiveSnapshot(newer);
      assert.equal(sink.receivedBytes, 0);
      assert.equal((await half.write(new Uint8Array(1))).kind, "fault");
      await installFrom(replica.machine, target.machine);
      assert.equal(target.machine.get("k")?.version, 1);
    },
  },
  {
    name: "bytes that are not what the meta says are refused and change nothing",
    async run(subject) {
      const { replica } = await openFilled(subject);
      const meta = await takenSnapshot(replica.machine);
      const source = await openedSnapshot(replica.machine);
      const target = await subject.openReplica();
      await applied(target.machine, [new LogScript().set("kept", "1")]);
      const checksum = await target.machine.checksum();
      const whole = await readChunk(source, 0, meta.byteLength);
      const flipped = whole.slice();
      flipped[Math.floor(meta.byteLength / 2)] = (flipped[Math.floor(meta.byteLength / 2)] ?? 0) ^ 1;
      const attempts: readonly (readonly [SnapshotMeta, Uint8Array])[] = [
        [meta, flipped],
        [meta, flipped.subarray(1)],
        [meta, new Uint8Array(meta.byteLength + 1)],
        [meta, new Uint8Array()],
        [altered(meta, { digest: meta.digest.map((byte) => byte ^ 1) }), whole],
        [altered(meta, { byteLength: meta.byteLength - 1 }), whole.subarray(0, -1)],
      ];
      for (const [claimed, bytes] of attempts) {
        const sink = await target.machine.receiveSnapshot(claimed);
        assert.equal(sink.receivedBytes, 0, "what was refused is thrown away");
        await sink.write(bytes);
        assert.equal((await sink.install()).kind, "rejected");
        assert.equal(await target.machine.checksum(), checksum);
        assert.equal(target.machine.latestSnapshot, undefined);
      }
      await source.close();
    },
  },
  {
    name: "a meta that claims another position or membership than the bytes hold is refused",
    async run(subject) {
      const { replica } = await openFilled(subject);
      const meta = await takenSnapshot(replica.machine);
      const source = await openedSnapshot(replica.machine);
      const target = await subject.openReplica();
      const { term, index } = meta.lastIncluded;
      const { logId } = meta.membership;
      const others = [
        altered(meta, { lastIncluded: { term, index: index + 1 } }),
        altered(meta, { lastIncluded: { term: term + 1, index } }),
        altered(meta, { membership: { logId: { ...logId, index: 2 }, membership: meta.membership.membership } }),
      ];
      for (const claimed of others) {
        const sink = await target.machine.receiveSnapshot(claimed);
        await transfer(source, sink);
        assert.equal((await sink.install()).kind, "rejected");
        assert.equal(target.machine.appliedState.lastApplied.index, 0);
      }
      await source.close();
    },
  },
  {
    name: "a snapshot behind what is applied is refused",
    async run(subject) {
      const { replica, log } = await openFilled(subject);
      await takenSnapshot(replica.machine);
      const target = await subject.openReplica();
      await applied(target.machine, [...log.entries, log.set("ahead", "1")]);
      const source = await openedSnapshot(replica.machine);
      const sink = await target.machine.receiveSnapshot(source.meta);
      await transfer(source, sink);
      assert.equal((await sink.install()).kind, "rejected");
      assert.deepEqual(target.machine.get("ahead")?.value, bytesOf("1"));
      await source.close();
    },
  },
  {
    name: "two snapshots in quick succession end with the later one",
    async run(subject) {
      const { replica, log } = await openFilled(subject);
      const first = replica.machine.takeSnapshot();
      await applied(replica.machine, [log.set("k", "later")]);
      const second = replica.machine.takeSnapshot();
      const outcomes = await Promise.all([first, second]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.kind),
        ["taken", "taken"],
      );
      assert.equal(replica.machine.latestSnapshot?.lastIncluded.index, log.entries.length);
      await replica.restart();
      assert.equal(replica.machine.latestSnapshot?.lastIncluded.index, log.entries.length);
    },
  },
];
