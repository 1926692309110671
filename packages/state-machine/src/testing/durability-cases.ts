import assert from "node:assert/strict";
import { AspenError } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { stateMachineLimits } from "../limits.ts";
import { applied, prefix, takenSnapshot } from "./applying.ts";
import { boundSet, EXTEND, grantOf, plainSet, renewOf, revokeOf, timedSet } from "./commands.ts";
import { bytesOf, LogScript, membershipOf } from "./log-script.ts";
import type { StateMachineReplica, StateMachineSubject } from "./state-machine-subject.ts";

function fill(log: LogScript, rounds: number): LogScript {
  const sessionId = log.nextIndex;
  log.command({ kind: "openSession" });
  log.write({ kind: "leaseGrant", ttlMs: 100 });
  for (let i = 1; i <= rounds; i += 1) {
    log.set(`k/${i % 17}`, String(i));
    log.command(
      { kind: "delete", key: `k/${i % 5}`, returnPrevious: true },
      { sessionId, sequence: i, acknowledgedThrough: i - 3 < 0 ? 0 : i - 3 },
    );
    if (i % 10 === 0) log.membership([1, 2, i]);
    if (i % 6 === 0) log.command({ kind: "expireLeases", leaseIds: [sessionId + 1] });
    if (i % 5 === 0) {
      const bound = { kind: "set", key: `bound/${i}`, value: bytesOf(""), leaseId: sessionId + 1 } as const;
      log.write({ kind: "transaction", compares: [], success: [bound, timedSet(`timed/${i % 15}`)], failure: [] });
    }
    log.logTimeMs += 7;
  }
  return log;
}

async function applyRest({ machine }: StateMachineReplica, log: LogScript): Promise<void> {
  await applied(machine, log.after(machine.appliedState.lastApplied.index));
}

export const durabilityCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "everything survives a restart",
    async run(subject) {
      const replica = await subject.openReplica();
      const log = fill(new LogScript(), 100);
      await applyRest(replica, log);
      const { appliedState, revision, logTimeMs } = replica.machine;
      const checksum = await replica.machine.checksum();
      await replica.restart();
      assert.deepEqual(replica.machine.appliedState, appliedState);
      assert.deepEqual([replica.machine.revision, replica.machine.logTimeMs], [revision, logTimeMs]);
      assert.equal(await replica.machine.checksum(), checksum);
    },
  },
  {
    name: "what was flushed survives a power cut; the rest comes back from the log to the same state",
    async run(subject) {
      const replica = await subject.openReplica();
      const steady = await subject.openReplica();
      const log = fill(new LogScript(), 40);
      await applyRest(replica, log);
      assert.deepEqual(await replica.machine.flush(), {
        kind: "flushed",
        durable: { term: 1, index: log.entries.length },
      });
      const flushedIndex = log.entries.length;
      fill(log, 40);
      await applyRest(replica, log);
      await replica.restartAfterPowerCut();
      const { lastApplied } = replica.machine.appliedState;
      assert.ok(lastApplied.index >= flushedIndex, "what was flushed is there");
      await applyRest(replica, log);
      await applyRest(steady, log);
      assert.equal(await replica.machine.checksum(), await steady.machine.checksum());
    },
  },
  {
    name: "a snapshot is durable, and the state is not behind it after a power cut",
    async run(subject) {
      const replica = await subject.openReplica();
      await applyRest(replica, fill(new LogScript(), 10));
      const meta = await takenSnapshot(replica.machine);
      await replica.restartAfterPowerCut();
      assert.deepEqual(replica.machine.latestSnapshot, meta);
      assert.ok(replica.machine.appliedState.lastApplied.index >= meta.lastIncluded.index);
    },
  },
  {
    name: "the way a log is cut into batches does not show",
    async run(subject) {
      const one = await subject.openReplica();
      const other = await subject.openReplica();
      const log = fill(new LogScript(), 60);
      await applied(one.machine, log.entries);
      for (const entry of log.entries) await applied(other.machine, [entry]);
      assert.equal(await one.machine.checksum(), await other.machine.checksum());
    },
  },
  {
    name: "the checksum sees every part of the state",
    async run(subject) {
      const replica = await subject.openReplica();
      const log = new LogScript();
      const seen = new Set([await replica.machine.checksum()]);
      const session = { sessionId: 4, sequence: 1, acknowledgedThrough: 0 };
      const steps = [
        () => log.set("k", "one"),
        () => log.set("k", "one"),
        () => log.blank(),
        () => log.command({ kind: "openSession" }),
        () => log.command({ kind: "delete", key: "missing" }, session),
        () => log.membership([1]),
        () => log.set("\u0000system", ""),
      ];
      for (const step of steps) {
        await applied(replica.machine, [step()]);
        seen.add(await replica.machine.checksum());
      }
      assert.equal(seen.size, steps.length + 1);
    },
  },
  {
    name: "the checksum sees every part of the leases",
    async run(subject) {
      const seen = new Set<string>();
      // Logs of one length and one log time, which differ in nothing but what they leave of one lease.
      const ends = [
        [grantOf(1), plainSet("k"), plainSet("k")],
        [grantOf(1), boundSet("k", 1), plainSet("k")],
        [grantOf(1), boundSet("k", 1), boundSet("k", 1)],
        [grantOf(1, 5_000), boundSet("k", 1), boundSet("k", 1)],
        [grantOf(2), boundSet("k", 2), boundSet("k", 2)],
        [timedSet("k"), timedSet("k"), grantOf(9)],
        [timedSet("k"), timedSet("k"), { kind: "delete", key: "missing" }],
        [grantOf(1), plainSet("k"), renewOf(1)],
        [grantOf(1), plainSet("k"), renewOf(2)],
        [grantOf(1), plainSet("k"), EXTEND],
        [grantOf(1), plainSet("k"), revokeOf(1)],
      ] as const;
      for (const actions of ends) {
        const { machine } = await subject.openReplica();
        const log = new LogScript();
        for (const action of actions) {
          log.command(action);
          log.logTimeMs += 10;
        }
        // The history remembers what is over; so much later it remembers the last revision alone.
        log.logTimeMs += 2 * stateMachineLimits.historyAgeMsMax;
        log.command(plainSet("last"));
        await applied(machine, log.entries);
        seen.add(await machine.checksum());
      }
      // To unbind a key leaves what there would be, had it never been bound.
      assert.equal(seen.size, ends.length - 1);
    },
  },
  {
    name: "a membership entry becomes the membership, with the place where it stands",
    async run(subject) {
      const replica = await subject.openReplica();
      const log = new LogScript();
      const results = await applied(replica.machine, [log.membership([1, 2]), log.set("k", ""), log.membership([2])]);
      assert.deepEqual([results[0], results[2]], [undefined, undefined]);
      const expected = { logId: { term: 1, index: 3 }, membership: membershipOf([2]) };
      assert.deepEqual(replica.machine.appliedState.membership, expected);
      await applied(replica.machine, [log.blank()]);
      await replica.restart();
      assert.deepEqual(replica.machine.appliedState.membership, expected);
    },
  },
  {
    name: "a command that cannot be read stops the machine with nothing of its batch applied",
    async run(subject) {
      const replica = await subject.openReplica();
      const log = new LogScript();
      await applied(replica.machine, [log.set("before", "1")]);
      const { appliedState, revision } = replica.machine;
      const outcome = await replica.machine.apply([log.set("before", "2"), log.set("within", "1"), log.garbage()]);
      assert.equal(outcome.kind === "fault" && outcome.fault.code, "corrupt");
      assert.deepEqual([replica.machine.appliedState, replica.machine.revision], [appliedState, revision]);
      const again = await replica.machine.apply([log.set("after", "1")]);
      assert.equal(again.kind === "fault" && again.fault.code, "corrupt");
      assert.equal((await replica.machine.flush()).kind, "fault");
      assert.equal((await replica.machine.takeSnapshot()).kind, "fault");
      assert.throws(() => replica.machine.get("before"), isCode("corrupt"));
      assert.throws(() => replica.machine.scan(prefix("")), isCode("corrupt"));
      await replica.restart();
      assert.deepEqual(replica.machine.appliedState, appliedState);
      assert.equal(replica.machine.get("before")?.version, 1);
      assert.equal(replica.machine.get("within"), undefined);
    },
  },
  {
    name: "a closed machine says so",
    async run(subject) {
      const replica = await subject.openReplica();
      const { machine } = replica;
      const log = new LogScript();
      await applied(machine, [log.set("k", "1")]);
      await machine.close();
      await machine.close();
      for (const outcome of [
        await machine.apply([log.set("k", "2")]),
        await machine.flush(),
        await machine.takeSnapshot(),
      ]) {
        assert.equal(outcome.kind === "fault" && outcome.fault.code, "closed");
      }
      assert.throws(() => machine.get("k"), isCode("shutting_down"));
      await assert.rejects(machine.checksum(), isCode("shutting_down"));
    },
  },
];

function isCode(code: AspenError["code"]): (error: unknown) => boolean {
  return (error) => AspenError.isCode(error, code);
}
