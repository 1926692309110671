/** Random commands that a gate would let pass, few of everything, so that they meet each other. */
import fc from "fast-check";
import {
  changesKeyTwice,
  COMPARE_OPERATORS,
  NUMBER_TARGETS,
  type Compare,
  type KeyRange,
  type LeaseBinding,
  type ScanQuery,
  type TransactionCommand,
  type TransactionOperation,
  type WriteCommand,
} from "@aspenjs/api";
import type { LeaseAction } from "@aspenjs/protocol";
import { bytesOf, NASTY_KEYS } from "../src/testing/index.ts";

/** Among them a system key. */
export const KEYS = [...NASTY_KEYS, "\u0000system"];
const FAVOURITE_KEYS = ["a", "a/", "a/b", "b", "\uFFFD", "\u{10FFFF}"];
const key = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...FAVOURITE_KEYS) },
  { weight: 1, arbitrary: fc.constantFrom(...KEYS) },
);
const value = fc.oneof(fc.constantFrom("", "x", "y").map(bytesOf), fc.uint8Array({ maxLength: 8 }));
const returnPrevious = fc.boolean();

/** Leases without a number take those of the log, so these meet them. */
const LEASE_ID_MAX = 150;
const leaseId = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(1, 2, 3, 60) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: LEASE_ID_MAX }) },
);
const EVERY_LEASE = Array.from({ length: LEASE_ID_MAX }, (_, position) => position + 1);
const leaseIds = fc.oneof(
  fc.uniqueArray(leaseId, { minLength: 1, maxLength: 4 }).map((ids) => ids.sort((left, right) => left - right)),
  fc.constant(EVERY_LEASE),
);
const ttlMs = fc.constantFrom(100, 1_000, 5_000, 60_000);
/** Around and far beyond the times to live. */
export const waitMs = fc.constantFrom(0, 0, 0, 1, 99, 100, 1_000);

const binding: fc.Arbitrary<LeaseBinding> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: leaseId.map((id) => ({ leaseId: id })) },
  { weight: 2, arbitrary: ttlMs.map((ms) => ({ ttlMs: ms })) },
);

const keyRange: fc.Arbitrary<KeyRange> = fc.oneof(
  fc.record({ kind: fc.constant("prefix" as const), prefix: fc.oneof(fc.constant(""), key) }),
  fc.record({ kind: fc.constant("range" as const), start: fc.oneof(fc.constant(""), key), end: key }),
);

const set = fc
  .tuple(fc.record({ kind: fc.constant("set" as const), key, value, returnPrevious }), binding)
  .map(([command, bound]) => ({ ...command, ...bound }));
const deletion = fc.record({ kind: fc.constant("delete" as const), key, returnPrevious });
const rangeDeletion = fc.record({ kind: fc.constant("deleteRange" as const), range: keyRange, returnPrevious });

const compareHead = { key, operator: fc.constantFrom(...COMPARE_OPERATORS) };
const compare: fc.Arbitrary<Compare> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ ...compareHead, target: fc.constant("value" as const), value }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...compareHead,
      target: fc.constantFrom(...NUMBER_TARGETS),
      number: fc.oneof(fc.constantFrom(0, 0, 1, 2), fc.nat({ max: 60 }), leaseId),
    }),
  },
);

const operation: fc.Arbitrary<TransactionOperation> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("get" as const), key }) },
  { weight: 6, arbitrary: set },
  { weight: 2, arbitrary: deletion },
  { weight: 1, arbitrary: rangeDeletion },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        kind: fc.constant("scan" as const),
        range: keyRange,
        limit: fc.nat({ max: 4 }),
        reverse: fc.boolean(),
        keysOnly: fc.boolean(),
      },
      { requiredKeys: ["kind", "range"] },
    ),
  },
);

/** What the gate would refuse is left out. */
function changingOnce(operations: readonly TransactionOperation[]): readonly TransactionOperation[] {
  const kept: TransactionOperation[] = [];
  for (const candidate of operations) if (!changesKeyTwice([...kept, candidate])) kept.push(candidate);
  return kept;
}

const branch = fc.array(operation, { maxLength: 5 }).map(changingOnce);

export const transaction: fc.Arbitrary<TransactionCommand> = fc
  .record({
    kind: fc.constant("transaction" as const),
    compares: fc.array(compare, { maxLength: 2 }),
    success: branch,
    failure: branch,
  })
  .filter(({ compares, success, failure }) => compares.length + success.length + failure.length > 0);

const expected = fc.oneof(
  fc.constant({ kind: "absent" as const }),
  value.map((bytes) => ({ kind: "value" as const, value: bytes })),
  fc.integer({ min: 1, max: 60 }).map((modRevision) => ({ kind: "modRevision" as const, modRevision })),
);

export const write: fc.Arbitrary<WriteCommand> = fc.oneof(
  { weight: 4, arbitrary: set },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(fc.record({ key, value }), { minLength: 1, maxLength: 8, selector: (pair) => pair.key })
      .map((pairs) => ({ kind: "setMulti" as const, pairs })),
  },
  { weight: 2, arbitrary: deletion },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("deleteMulti" as const),
      keys: fc.uniqueArray(key, { minLength: 1, maxLength: 8 }),
      returnPrevious,
    }),
  },
  { weight: 1, arbitrary: rangeDeletion },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("compareAndSwap" as const), key, expected, value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("compareAndDelete" as const), key, expected }) },
  { weight: 4, arbitrary: transaction },
  {
    weight: 6,
    arbitrary: fc.record(
      { kind: fc.constant("leaseGrant" as const), ttlMs, leaseId },
      { requiredKeys: ["kind", "ttlMs"] },
    ),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("leaseRevoke" as const), leaseId }) },
);

export const leaseAction: fc.Arbitrary<LeaseAction> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("renewLeases" as const), leaseIds }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("expireLeases" as const), leaseIds }) },
  { weight: 1, arbitrary: fc.constant({ kind: "extendLeases" as const }) },
);

export const scanQuery: fc.Arbitrary<ScanQuery> = fc.record({
  range: keyRange,
  limit: fc.oneof(fc.nat({ max: 5 }), fc.constant(1_000)),
  reverse: fc.boolean(),
  keysOnly: fc.boolean(),
  after: fc.option(key, { nil: undefined }),
});

export const batchSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
