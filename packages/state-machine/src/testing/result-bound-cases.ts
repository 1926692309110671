import assert from "node:assert/strict";
import { limits, type KeyValueStateMachine, type WriteCommand } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, assertRefused, resultOf, written } from "./applying.ts";
import { comparison, plainSet, prefixOf, rangeDeletion, timedSet, transactionOf } from "./commands.ts";
import { bytesOf, LogScript } from "./log-script.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";

/** Four entries that fill a result to the last byte, and one that is one byte too many. */
const FULL_KEYS = ["a", "b", "c", "d"] as const;
const TINY_KEY = "e";
const ALL_KEYS = [...FULL_KEYS, TINY_KEY];

async function fillToTheByte(machine: KeyValueStateMachine, log: LogScript): Promise<void> {
  const value = new Uint8Array(limits.resultBytesMax / FULL_KEYS.length - 1).fill(1);
  await applied(
    machine,
    FULL_KEYS.map((key) => log.write({ kind: "set", key, value })),
  );
  await applied(machine, [log.write(plainSet(TINY_KEY, ""))]);
}

const full = { kind: "range", start: "a", end: TINY_KEY } as const;
const gets = ALL_KEYS.map((key) => ({ kind: "get", key }) as const);

const byteCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "a deletion that would answer with more than 4 MiB of entries is refused whole, and passes when not asked to",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await fillToTheByte(machine, log);
      await assertRefused(subject, machine, log, [
        [{ kind: "deleteMulti", keys: [TINY_KEY, ...FULL_KEYS], returnPrevious: true }, "resultTooLarge"],
        [rangeDeletion(prefixOf(""), true), "resultTooLarge"],
      ]);
      const fitting = await written(machine, log.write(rangeDeletion(full, true)));
      assert.ok(fitting.kind === "delete");
      assert.deepEqual([fitting.revision, fitting.deletedCount, fitting.previous?.length], [6, 4, 4]);
      await fillToTheByte(machine, log);
      const many = { kind: "deleteMulti", keys: ["missing", ...FULL_KEYS], returnPrevious: true } as const;
      const whole = await written(machine, log.write(many));
      assert.deepEqual(whole.kind === "delete" && whole.previous?.map(({ key }) => key), [...FULL_KEYS]);
      await fillToTheByte(machine, log);
      const { revision } = machine;
      const unasked = await written(machine, log.write({ kind: "deleteMulti", keys: ALL_KEYS }));
      assert.deepEqual(unasked, { kind: "delete", revision: revision + 1, deletedCount: 5 });
    },
  },
  {
    name: "all entries of a transaction's answer count together, whatever answers with them",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await fillToTheByte(machine, log);
      const scan = { kind: "scan", range: full } as const;
      const tinyScan = { kind: "scan", range: prefixOf(TINY_KEY), keysOnly: true } as const;
      const change = timedSet("n");
      const refused: readonly WriteCommand[] = [
        transactionOf(change, ...gets),
        transactionOf(change, scan, { kind: "get", key: TINY_KEY }),
        transactionOf(change, { kind: "get", key: TINY_KEY }, scan),
        transactionOf(change, scan, tinyScan),
        transactionOf(change, scan, { ...plainSet(TINY_KEY), returnPrevious: true }),
        transactionOf(change, scan, { kind: "delete", key: TINY_KEY, returnPrevious: true }),
        transactionOf(change, rangeDeletion(full, true), { kind: "get", key: TINY_KEY }),
        { ...comparison({ key: "a", target: "version", operator: "=", number: 9 }), failure: [change, ...gets] },
      ];
      await assertRefused(
        subject,
        machine,
        log,
        refused.map((command) => [command, "resultTooLarge"]),
      );
      const fitting = transactionOf(
        scan,
        { kind: "delete", key: TINY_KEY },
        { ...plainSet("n"), returnPrevious: true },
        { kind: "get", key: "missing" },
        { kind: "scan", range: prefixOf(""), limit: 0 },
      );
      assert.equal((await resultOf(machine, log.write(fitting))).kind, "written");
    },
  },
  {
    name: "a scan in a transaction that has more than 4 MiB before it is a page, and says that more follows",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      await fillToTheByte(machine, log);
      const result = await written(machine, log.write(transactionOf({ kind: "scan", range: prefixOf("") })));
      const [page] = result.kind === "transaction" ? result.results : [];
      assert.ok(page?.kind === "scan");
      assert.deepEqual([page.entries.map(({ key }) => key), page.count, page.isTruncated], [[...FULL_KEYS], 4, true]);
    },
  },
];

const countCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "a write answers with 10,000 entries, again when it is tried again, and with no more",
    async run(subject) {
      const replica = await subject.openReplica();
      const { machine } = replica;
      const log = new LogScript();
      const sessionId = log.nextIndex;
      await applied(machine, [log.command({ kind: "openSession" })]);
      for (let from = 0; from < limits.resultEntriesMax; from += limits.batchItemsMax) {
        const pairs = Array.from({ length: limits.batchItemsMax }, (_, i) => ({
          key: `n/${String(from + i).padStart(5, "0")}`,
          value: bytesOf("v"),
        }));
        await applied(machine, [log.write({ kind: "setMulti", pairs })]);
      }
      const scan = { kind: "scan", range: prefixOf("n/"), limit: limits.scanLimitMax } as const;
      const first = "n/00000";
      for (const operations of [
        [scan, { kind: "get", key: first }],
        [{ kind: "get", key: first }, scan],
        [scan, { ...scan, limit: 1, keysOnly: true }],
        [{ kind: "delete", key: first, returnPrevious: true }, { ...scan, limit: 1 }, scan],
      ] as const) {
        const result = await resultOf(machine, log.write(transactionOf(...operations)));
        assert.deepEqual(result, { kind: "refused", reason: "resultTooLarge" });
      }
      const reference = { sessionId, sequence: 1, acknowledgedThrough: 0 };
      const deletion = rangeDeletion(prefixOf("n/"), true);
      const result = await resultOf(machine, log.command(deletion, reference));
      assert.ok(result.kind === "written" && result.result.kind === "delete");
      assert.equal(result.result.previous?.length, limits.resultEntriesMax);
      assert.deepEqual(await resultOf(machine, log.command(deletion, reference)), result);
      await replica.restart();
      assert.deepEqual(await resultOf(replica.machine, log.command(deletion, reference)), result);
    },
  },
];

export const resultBoundCases: readonly AcceptanceCase<StateMachineSubject>[] = [...byteCases, ...countCases];
