import assert from "node:assert/strict";
import { limits, type CommandResult, type KeyValueStateMachine } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import type { LogAction, SessionReference } from "@aspenjs/protocol";
import { stateMachineLimits } from "../limits.ts";
import { applied, installFrom, resultOf, takenSnapshot } from "./applying.ts";
import { bytesOf, LogScript } from "./log-script.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

const EXPIRED: CommandResult = { kind: "sessionExpired" };

function refused(reason: Extract<CommandResult, { kind: "sequenceRefused" }>["reason"]): CommandResult {
  return { kind: "sequenceRefused", reason };
}

function setTo(value: string): LogAction {
  return { kind: "set", key: "k", value: bytesOf(value), returnPrevious: true };
}

async function openSession(machine: KeyValueStateMachine, log: LogScript): Promise<number> {
  const result = await resultOf(machine, log.command({ kind: "openSession" }));
  assert.deepEqual(result, { kind: "sessionOpened", sessionId: log.entries.length });
  return log.entries.length;
}

function sequence(sessionId: number, number: number, acknowledgedThrough = 0): SessionReference {
  return { sessionId, sequence: number, acknowledgedThrough };
}

export const sessionCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "S1: a retry returns the first result and changes nothing",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const id = await openSession(machine, log);
      const first = await resultOf(machine, log.command(setTo("one"), sequence(id, 1)));
      await applied(machine, [log.set("k", "between")]);
      log.logTimeMs += 50;
      const retried = await resultOf(machine, log.command(setTo("one"), sequence(id, 1)));
      assert.deepEqual(first, { kind: "written", result: { kind: "set", revision: 1 } });
      assert.deepEqual(retried, first);
      assert.deepEqual([machine.revision, machine.get("k")?.value], [2, bytesOf("between")]);
    },
  },
  {
    name: "S1: a retry in the same batch, and one of a refused compare, return the first result too",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const id = await openSession(machine, log);
      const results = await applied(machine, [
        log.command(setTo("one"), sequence(id, 2)),
        log.command(setTo("one"), sequence(id, 2)),
        log.command({ kind: "compareAndDelete", key: "k", expected: { kind: "absent" } }, sequence(id, 1)),
        log.write({ kind: "delete", key: "k" }),
        log.command({ kind: "compareAndDelete", key: "k", expected: { kind: "absent" } }, sequence(id, 1)),
      ]);
      assert.deepEqual(results[1], results[0]);
      assert.deepEqual(results[4], results[2]);
      assert.deepEqual(
        results[2]?.kind === "written" && "outcome" in results[2].result && results[2].result.outcome,
        "conflict",
      );
    },
  },
  {
    name: "S1: a write that the state refused is refused the same way again, whatever has changed meanwhile",
    async run(subject) {
      const replica = await subject.openReplica();
      const { machine } = replica;
      const log = new LogScript();
      const id = await openSession(machine, log);
      const bound: LogAction = { kind: "set", key: "k", value: bytesOf("x"), leaseId: 7 };
      const taken: LogAction = { kind: "leaseGrant", leaseId: 8, ttlMs: 1_000 };
      await applied(machine, [log.write({ kind: "leaseGrant", leaseId: 8, ttlMs: 1_000 })]);
      const first = await applied(machine, [
        log.command(bound, sequence(id, 1)),
        log.command(taken, sequence(id, 2)),
        log.command({ kind: "transaction", compares: [], success: [bound], failure: [] }, sequence(id, 3)),
      ]);
      const reasons = ["leaseNotFound", "leaseExists", "leaseNotFound"] as const;
      assert.deepEqual(
        first,
        reasons.map((reason) => ({ kind: "refused", reason })),
      );
      // By now each of them would go through.
      await applied(machine, [
        log.write({ kind: "leaseGrant", leaseId: 7, ttlMs: 1_000 }),
        log.write({ kind: "leaseRevoke", leaseId: 8 }),
      ]);
      for (let round = 0; round < 2; round += 1) {
        assert.deepEqual(await resultOf(replica.machine, log.command(bound, sequence(id, 1))), first[0]);
        assert.deepEqual(await resultOf(replica.machine, log.command(taken, sequence(id, 2))), first[1]);
        const other = log.command({ kind: "leaseGrant", leaseId: 9, ttlMs: 1_000 }, sequence(id, 2));
        assert.deepEqual(await resultOf(replica.machine, other), refused("reused"));
        await replica.restart();
      }
      assert.deepEqual([replica.machine.get("k"), replica.machine.lease(8)], [undefined, undefined]);
      assert.equal((await resultOf(replica.machine, log.command(bound, sequence(id, 4)))).kind, "written");
    },
  },
  {
    name: "S1: a grant, a time to live and a transaction that are tried again take effect once",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const id = await openSession(machine, log);
      const actions: readonly LogAction[] = [
        { kind: "leaseGrant", ttlMs: 1_000 },
        { kind: "set", key: "k", value: bytesOf("x"), ttlMs: 1_000 },
        {
          kind: "transaction",
          compares: [{ key: "n", target: "version", operator: "=", number: 0 }],
          success: [{ kind: "set", key: "n", value: bytesOf("1") }],
          failure: [{ kind: "delete", key: "n" }],
        },
        { kind: "deleteRange", range: { kind: "prefix", prefix: "n" }, returnPrevious: true },
        { kind: "leaseRevoke", leaseId: 2 },
      ];
      for (const [position, action] of actions.entries()) {
        const first = await resultOf(machine, log.command(action, sequence(id, position + 1)));
        const { revision } = machine;
        log.logTimeMs += 10;
        assert.deepEqual(await resultOf(machine, log.command(action, sequence(id, position + 1))), first);
        assert.deepEqual([first.kind, machine.revision], ["written", revision]);
      }
      // Of the second of five actions, ten milliseconds apart.
      const deadlineMs = log.logTimeMs - 4 * 10 + 1_000;
      assert.deepEqual(machine.leases(0, 10), [{ leaseId: 4, ttlMs: 1_000, deadlineMs }]);
    },
  },
  {
    name: "S2: a number that is used with another command is refused, whatever differs",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const id = await openSession(machine, log);
      await applied(machine, [log.command(setTo("one"), sequence(id, 1))]);
      const others: LogAction[] = [
        setTo("two"),
        { kind: "set", key: "k", value: bytesOf("one") },
        { kind: "set", key: "j", value: bytesOf("one"), returnPrevious: true },
        { kind: "delete", key: "k" },
      ];
      for (const other of others) {
        assert.deepEqual(await resultOf(machine, log.command(other, sequence(id, 1))), refused("reused"));
      }
      assert.equal(machine.revision, 1);
    },
  },
  {
    name: "S3: what was acknowledged is forgotten and its numbers are refused",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const id = await openSession(machine, log);
      for (const number of [1, 2, 3]) await applied(machine, [log.command(setTo("x"), sequence(id, number))]);
      await applied(machine, [log.command(setTo("x"), sequence(id, 4, 2))]);
      for (const number of [1, 2]) {
        // An acknowledgement that arrives late takes nothing back.
        assert.deepEqual(
          await resultOf(machine, log.command(setTo("x"), sequence(id, number))),
          refused("acknowledged"),
        );
      }
      const third = await resultOf(machine, log.command(setTo("x"), sequence(id, 3)));
      assert.ok(third.kind === "written" && third.result.revision === 3);
      assert.deepEqual(await resultOf(machine, log.command(setTo("x"), sequence(id, 5, 9))), refused("acknowledged"));
    },
  },
  {
    name: "S4: a number too far ahead is refused, not applied, and may be tried again",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const id = await openSession(machine, log);
      const { sessionWindowMax } = stateMachineLimits;
      const beyond = log.command(setTo("x"), sequence(id, sessionWindowMax + 1));
      assert.deepEqual(await resultOf(machine, beyond), refused("tooFarAhead"));
      assert.equal(machine.revision, 0);
      const last = await resultOf(machine, log.command(setTo("x"), sequence(id, sessionWindowMax)));
      assert.equal(last.kind, "written");
      const again = log.command(setTo("x"), sequence(id, sessionWindowMax + 1, 1));
      assert.equal((await resultOf(machine, again)).kind, "written");
    },
  },
  {
    name: "S4: a client that leaves too many bytes of results unacknowledged is refused until it acknowledges",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const id = await openSession(machine, log);
      const value = new Uint8Array(limits.valueBytesMax);
      const large = (number: number, acknowledgedThrough = 0) =>
        log.command({ kind: "set", key: "k", value, returnPrevious: true }, sequence(id, number, acknowledgedThrough));
      for (const number of [1, 2, 3, 4, 5]) assert.equal((await resultOf(machine, large(number))).kind, "written");
      assert.deepEqual(await resultOf(machine, large(6)), refused("tooFarAhead"));
      assert.equal((await resultOf(machine, large(5))).kind, "written", "a retry needs no room");
      assert.equal(machine.revision, 5);
      assert.equal((await resultOf(machine, large(6, 2))).kind, "written");
    },
  },
  {
    name: "a session that was never opened, or was closed, is unknown",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      assert.deepEqual(await resultOf(machine, log.command(setTo("x"), sequence(7, 1))), EXPIRED);
      const id = await openSession(machine, log);
      const close = () => log.command({ kind: "closeSession" }, sequence(id, 1));
      assert.deepEqual(await resultOf(machine, close()), { kind: "sessionClosed" });
      assert.deepEqual(await resultOf(machine, close()), EXPIRED);
      assert.deepEqual(await resultOf(machine, log.command(setTo("x"), sequence(id, 1))), EXPIRED);
      assert.equal(machine.revision, 0);
    },
  },
  {
    name: "S5: a session idle for its time by log time is gone, one in use is not",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const { sessionIdleMsMax } = stateMachineLimits;
      const idle = await openSession(machine, log);
      const used = await openSession(machine, log);
      log.logTimeMs += sessionIdleMsMax - 1;
      assert.equal((await resultOf(machine, log.command(setTo("x"), sequence(used, 1)))).kind, "written");
      log.logTimeMs += 1;
      // The clock of the log is moved by somebody else's command.
      await applied(machine, [log.set("other", "")]);
      assert.deepEqual(await resultOf(machine, log.command(setTo("x"), sequence(idle, 1))), EXPIRED);
      assert.equal((await resultOf(machine, log.command(setTo("y"), sequence(used, 2)))).kind, "written");
    },
  },
  {
    name: "S5: beyond the number of sessions the least recently used goes, the older of two",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const { sessionsMax } = stateMachineLimits;
      const opened = Array.from({ length: sessionsMax }, () => log.command({ kind: "openSession" }));
      for (let start = 0; start < sessionsMax; start += 1_000) {
        await applied(machine, opened.slice(start, start + 1_000));
      }
      log.logTimeMs += 1;
      await applied(machine, [log.command(setTo("x"), sequence(1, 1)), log.command({ kind: "openSession" })]);
      assert.deepEqual(await resultOf(machine, log.command(setTo("x"), sequence(2, 1))), EXPIRED);
      for (const id of [1, 3]) {
        assert.equal((await resultOf(machine, log.command(setTo("x"), sequence(id, 1)))).kind, "written");
      }
    },
  },
  {
    name: "sessions survive restarts, snapshots and installs: a retry afterwards still returns the first result",
    async run(subject) {
      const first = await subject.openReplica();
      const log = new LogScript();
      const id = await openSession(first.machine, log);
      await applied(first.machine, [log.command(setTo("one"), sequence(id, 1))]);
      const result = await resultOf(first.machine, log.command(setTo("two"), sequence(id, 2)));
      await first.restart();
      assert.deepEqual(await resultOf(first.machine, log.command(setTo("two"), sequence(id, 2))), result);
      await takenSnapshot(first.machine);
      const second = await subject.openReplica();
      await installFrom(first.machine, second.machine);
      const retry = log.command(setTo("two"), sequence(id, 2));
      assert.deepEqual(await resultOf(second.machine, retry), result);
      assert.deepEqual(await resultOf(first.machine, retry), result);
      assert.equal(second.machine.revision, 2);
      assert.equal(await second.machine.checksum(), await first.machine.checksum());
    },
  },
];
