/** Any sequence of commands, keep-alives and pauses leaves the store in memory as it leaves the plainest one. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/manual-clock.ts";
import { NaiveStore } from "../../test/naive-store.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { COMPARE_OPERATORS, NUMBER_TARGETS, type Compare, type TransactionOperation } from "../transaction.ts";
import { AspenError } from "../aspen-error.ts";
import type { WriteCommand } from "../write-command.ts";
import { assertWriteCommand } from "../write-gate.ts";
import { writeRefusalError } from "../write-refusal.ts";
import { createMemoryKeyValueStore } from "./memory-key-value-store.ts";

type Step =
  | { readonly kind: "write"; readonly command: WriteCommand }
  | { readonly kind: "keepLeaseAlive"; readonly leaseId: number }
  | { readonly kind: "pass"; readonly durationMs: number };

const everything = { kind: "prefix", prefix: "" } as const;
const key = fc.string({
  unit: fc.constantFrom("a", "b", "é", "\uE000", "\uFFFF", "\u{1F332}"),
  minLength: 1,
  maxLength: 2,
});
const bound = fc.string({ unit: fc.constantFrom("a", "b", "\uFFFF", "\u{1F332}"), maxLength: 2 });
const range = fc.oneof(
  fc.record({ kind: fc.constant("prefix" as const), prefix: bound }),
  fc.record({ kind: fc.constant("range" as const), start: bound, end: bound }),
);
const value = fc.uint8Array({ maxLength: 2 });
const returnPrevious = fc.boolean();
/** Low numbers, so that those of the log, of programs and of no lease at all meet. */
const leaseId = fc.integer({ min: 1, max: 20 });
const ttlMs = fc.integer({ min: 100, max: 400 });

const set = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key, value, returnPrevious }),
  fc.record({ kind: fc.constant("set" as const), key, value, returnPrevious, leaseId }),
  fc.record({ kind: fc.constant("set" as const), key, value, returnPrevious, ttlMs }),
);
const remove = fc.record({ kind: fc.constant("delete" as const), key, returnPrevious });
const removeRange = fc.record({ kind: fc.constant("deleteRange" as const), range, returnPrevious });
const expected = fc.oneof(
  fc.constant({ kind: "absent" as const }),
  fc.record({ kind: fc.constant("value" as const), value }),
  fc.record({ kind: fc.constant("modRevision" as const), modRevision: fc.integer({ min: 1, max: 20 }) }),
);

const operator = fc.constantFrom(...COMPARE_OPERATORS);
const compare: fc.Arbitrary<Compare> = fc.oneof(
  fc.record({ key, operator, target: fc.constant("value" as const), value }),
  fc.record({ key, operator, target: fc.constantFrom(...NUMBER_TARGETS), number: fc.integer({ min: 0, max: 10 }) }),
);
const operation: fc.Arbitrary<TransactionOperation> = fc.oneof(
  fc.record({ kind: fc.constant("get" as const), key }),
  { weight: 3, arbitrary: set },
  remove,
  removeRange,
  fc.record(
    {
      kind: fc.constant("scan" as const),
      range,
      limit: fc.integer({ min: 0, max: 4 }),
      reverse: fc.boolean(),
      keysOnly: fc.boolean(),
    },
    { requiredKeys: ["kind", "range"] },
  ),
);
const branch = fc.array(operation, { maxLength: 5 });
const transaction = fc
  .record({
    kind: fc.constant("transaction" as const),
    compares: fc.array(compare, { maxLength: 2 }),
    success: branch,
    failure: branch,
  })
  .filter((command) => isLegal(command));

const command: fc.Arbitrary<WriteCommand> = fc.oneof(
  { weight: 3, arbitrary: set },
  remove,
  removeRange,
  fc.record({
    kind: fc.constant("setMulti" as const),
    pairs: fc.uniqueArray(fc.record({ key, value }), { selector: (pair) => pair.key, minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant("deleteMulti" as const),
    keys: fc.uniqueArray(key, { minLength: 1, maxLength: 4 }),
    returnPrevious,
  }),
  fc.record({ kind: fc.constant("compareAndSwap" as const), key, value, expected }),
  fc.record({ kind: fc.constant("compareAndDelete" as const), key, expected }),
  { weight: 6, arbitrary: transaction },
  fc.record({ kind: fc.constant("leaseGrant" as const), ttlMs }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("leaseGrant" as const), ttlMs, leaseId }) },
  fc.record({ kind: fc.constant("leaseRevoke" as const), leaseId }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("write" as const), command }) },
  fc.record({ kind: fc.constant("keepLeaseAlive" as const), leaseId }),
  fc.record({ kind: fc.constant("pass" as const), durationMs: fc.integer({ min: 1, max: 150 }) }),
);

function isLegal(candidate: WriteCommand): boolean {
  try {
    assertWriteCommand(candidate);
    return true;
  } catch {
    return false;
  }
}

/** The result, or the refusal as text: not every store has the same error object. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  return await call.catch((error: unknown) => (error instanceof AspenError ? error.message : error));
}

async function runBoth(next: Step, store: KeyValueStore, naive: NaiveStore, clock: ManualClock): Promise<void> {
  if (next.kind === "pass") {
    clock.advance(next.durationMs);
    naive.nowMs += next.durationMs;
  } else if (next.kind === "keepLeaseAlive") {
    const isAlive = naive.keepLeaseAlive(next.leaseId);
    const ttl = naive.leases.get(next.leaseId)?.ttlMs;
    const { message } = writeRefusalError("leaseNotFound");
    const kept = { leaseId: next.leaseId, ttlMs: ttl, remainingMs: ttl };
    expect(await outcome(store.keepLeaseAlive(next.leaseId))).toEqual(isAlive ? kept : message);
  } else {
    const written = naive.write(next.command);
    const demanded = written.kind === "result" ? written.result : writeRefusalError(written.reason).message;
    expect(await outcome(store.write(next.command))).toEqual(demanded);
  }
}

async function expectSame(store: KeyValueStore, naive: NaiveStore): Promise<void> {
  naive.endDueLeases();
  const page = await store.scan({ range: everything });
  expect(page.entries).toEqual(naive.sorted(everything));
  expect([page.revision, page.appliedIndex]).toEqual([naive.revision, naive.appliedIndex]);
  const { leases } = await store.listLeases();
  const numbers = [...naive.leases.keys()].sort((left, right) => left - right);
  expect(leases.map((lease) => lease.leaseId)).toEqual(numbers);
  for (const lease of leases) {
    const known = naive.leases.get(lease.leaseId);
    expect([lease.ttlMs, lease.remainingMs]).toEqual([known?.ttlMs, (known?.deadlineMs ?? 0) - naive.nowMs]);
    const { keys, keyCount } = await store.getLease({ leaseId: lease.leaseId, keysLimit: 100 });
    expect([keys, keyCount]).toEqual([naive.keysOf(lease.leaseId), keys.length]);
  }
}

test("every answer, and all that is left, is that of the plainest store", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: "max" }), async (steps) => {
      const clock = new ManualClock();
      const store = createMemoryKeyValueStore({ clock });
      const naive = new NaiveStore();
      for (const next of steps) await runBoth(next, store, naive, clock);
      await expectSame(store, naive);
    }),
    { numRuns: 1_000 },
  );
});

test("pages make up what the plainest store has, in any range, direction and page size", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 20 }),
      fc.tuple(range, fc.boolean(), fc.integer({ min: 1, max: 5 })),
      async (keys, [scanned, reverse, limit]) => {
        const store = createMemoryKeyValueStore();
        const naive = new NaiveStore();
        for (const each of keys) {
          const written = { kind: "set", key: each, value: new Uint8Array() } as const;
          await store.write(written);
          naive.write(written);
        }
        const demanded = naive.sorted(scanned);
        if (reverse) demanded.reverse();
        const entries: KeyValueEntry[] = [];
        let page = await store.scan({ range: scanned, reverse, limit });
        entries.push(...page.entries);
        while (page.continuation !== undefined && entries.length <= demanded.length) {
          page = await store.scan({ range: scanned, reverse, limit, continuation: page.continuation });
          entries.push(...page.entries);
        }
        expect(entries).toEqual(demanded);
        expect((await store.scan({ range: scanned, limit: 0 })).count).toBe(demanded.length);
        const multi = await store.getMulti({ keys: ["a", ...keys, "a"] });
        expect(multi.entries).toEqual(["a", ...keys, "a"].map((each) => naive.entries.get(each)));
      },
    ),
    { numRuns: 500 },
  );
});
