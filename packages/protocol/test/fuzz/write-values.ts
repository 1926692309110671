import {
  changesKeyTwice,
  COMPARE_OPERATORS,
  limits,
  NUMBER_TARGETS,
  WRITE_REFUSALS,
  type CommandResult,
  type Compare,
  type Expected,
  type KeyRange,
  type KeyValueEntry,
  type OperationResult,
  type TransactionOperation,
  type WriteCommand,
  type WriteResult,
} from "@aspenjs/api";
import fc from "fast-check";
import type { LogAction, LogCommand, SessionReference } from "../../src/index.ts";

/** Random writes, actions of the log, and what they come to. */
const plain = { noNullPrototype: true } as const;
const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const value = fc.uint8Array({ maxLength: 24 });
const integer = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const revision = fc.maxSafeNat();
const leaseId = fc.oneof(fc.integer({ min: 1, max: 100 }), integer);
const ttlMs = fc.integer({ min: limits.leaseTtlMsMin, max: limits.leaseTtlMsMax });
const bound = fc.string({ unit: "grapheme", maxLength: 6 });

export const keyRange: fc.Arbitrary<KeyRange> = fc.oneof(
  bound.map((prefix) => ({ kind: "prefix" as const, prefix })),
  fc.record({ kind: fc.constant("range" as const), start: bound, end: bound }, plain),
);
const leaseIds = fc
  .uniqueArray(leaseId, { minLength: 1, maxLength: 4 })
  .map((ids) => ids.sort((left, right) => left - right));

const expected: fc.Arbitrary<Expected> = fc.oneof(
  fc.constant<Expected>({ kind: "absent" }),
  value.map((bytes) => ({ kind: "value" as const, value: bytes })),
  integer.map((modRevision) => ({ kind: "modRevision" as const, modRevision })),
);
const returning = fc.constantFrom({}, { returnPrevious: true as const });
const binding = fc.oneof(fc.constant({}), fc.record({ leaseId }, plain), fc.record({ ttlMs }, plain));

const set = fc.tuple(key, value, returning, binding).map(([name, bytes, option, lease]) => ({
  kind: "set" as const,
  key: name,
  value: bytes,
  ...option,
  ...lease,
}));
const deletion = fc.tuple(key, returning).map(([name, option]) => ({ kind: "delete" as const, key: name, ...option }));
const rangeDeletion = fc
  .tuple(keyRange, returning)
  .map(([range, option]) => ({ kind: "deleteRange" as const, range, ...option }));

const operator = fc.constantFrom(...COMPARE_OPERATORS);
const compare: fc.Arbitrary<Compare> = fc.oneof(
  fc.record({ key, operator, target: fc.constant("value" as const), value }, plain),
  fc.record({ key, operator, target: fc.constantFrom(...NUMBER_TARGETS), number: revision }, plain),
);
const operation: fc.Arbitrary<TransactionOperation> = fc.oneof(
  fc.record({ kind: fc.constant("get" as const), key }, plain),
  set,
  deletion,
  rangeDeletion,
  fc
    .tuple(
      keyRange,
      fc.nat({ max: limits.scanLimitMax }),
      fc.constantFrom({}, { reverse: true }),
      fc.constantFrom({}, { keysOnly: true }),
    )
    .map(([range, limit, reverse, keysOnly]) => ({ kind: "scan" as const, range, limit, ...reverse, ...keysOnly })),
);
/** Without what would change a key for the second time. */
const branch = fc.array(operation, { maxLength: 4 }).map((operations) => {
  const kept: TransactionOperation[] = [];
  for (const next of operations) if (!changesKeyTwice([...kept, next])) kept.push(next);
  return kept;
});
const transaction = fc
  .tuple(fc.array(compare, { maxLength: 3 }), branch, branch)
  .filter((parts) => parts.some((part) => part.length > 0))
  .map(([compares, success, failure]) => ({ kind: "transaction" as const, compares, success, failure }));

export const writeCommand: fc.Arbitrary<WriteCommand> = fc.oneof(
  set,
  fc
    .uniqueArray(fc.record({ key, value }, plain), { minLength: 1, maxLength: 4, selector: (pair) => pair.key })
    .map((pairs) => ({ kind: "setMulti" as const, pairs })),
  deletion,
  fc
    .tuple(fc.uniqueArray(key, { minLength: 1, maxLength: 4 }), returning)
    .map(([keys, option]) => ({ kind: "deleteMulti" as const, keys, ...option })),
  rangeDeletion,
  fc.record({ kind: fc.constant("compareAndSwap" as const), key, expected, value }, plain),
  fc.record({ kind: fc.constant("compareAndDelete" as const), key, expected }, plain),
  transaction,
  fc.record({ kind: fc.constant("leaseGrant" as const), ttlMs }, plain),
  fc.record({ kind: fc.constant("leaseGrant" as const), ttlMs, leaseId }, plain),
  fc.record({ kind: fc.constant("leaseRevoke" as const), leaseId }, plain),
);

export const sessionReference: fc.Arbitrary<SessionReference> = fc.record(
  { sessionId: integer, sequence: integer, acknowledgedThrough: revision },
  plain,
);

/** What carries no session. */
const ownAction: fc.Arbitrary<LogAction> = fc.oneof(
  fc.constant({ kind: "openSession" as const }),
  leaseIds.map((ids) => ({ kind: "renewLeases" as const, leaseIds: ids })),
  leaseIds.map((ids) => ({ kind: "expireLeases" as const, leaseIds: ids })),
  fc.constant({ kind: "extendLeases" as const }),
);
const closing = fc.constant({ kind: "closeSession" as const });

export const logCommand: fc.Arbitrary<LogCommand> = fc.oneof(
  fc.record({ logTimeMs: revision, action: ownAction }, plain),
  fc.record({ logTimeMs: revision, session: sessionReference, action: closing }, plain),
  fc.record({ logTimeMs: revision, session: sessionReference, action: writeCommand }, plain),
  fc.record({ logTimeMs: revision, action: writeCommand }, plain),
);

const unbound = { key, value, createRevision: integer, modRevision: integer, version: integer };
export const keyValueEntry: fc.Arbitrary<KeyValueEntry> = fc.oneof(
  fc.record(unbound, plain),
  fc.record({ ...unbound, leaseId }, plain),
);
const entries = fc.array(keyValueEntry, { maxLength: 3 });
const optionalEntry = fc.option(keyValueEntry, { nil: undefined });

const operationResult: fc.Arbitrary<OperationResult> = fc.oneof(
  fc.record({ kind: fc.constant("get" as const), entry: optionalEntry }, plain),
  fc.constant({ kind: "set" as const }),
  fc.record({ kind: fc.constant("set" as const), previous: keyValueEntry }, plain),
  fc.record({ kind: fc.constant("delete" as const), deletedCount: revision }, plain),
  fc.record({ kind: fc.constant("delete" as const), deletedCount: revision, previous: entries }, plain),
  fc.record({ kind: fc.constant("scan" as const), entries, count: revision, isTruncated: fc.boolean() }, plain),
);

const writeResult: fc.Arbitrary<WriteResult> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), revision }, plain),
  fc.record({ kind: fc.constant("set" as const), revision, previous: keyValueEntry }, plain),
  fc.record({ kind: fc.constant("setMulti" as const), revision }, plain),
  fc.record({ kind: fc.constant("delete" as const), revision, deletedCount: revision }, plain),
  fc.record({ kind: fc.constant("delete" as const), revision, deletedCount: revision, previous: entries }, plain),
  fc.record({ kind: fc.constant("compare" as const), outcome: fc.constant("ok" as const), revision }, plain),
  fc.record(
    {
      kind: fc.constant("compare" as const),
      outcome: fc.constant("conflict" as const),
      revision,
      actual: optionalEntry,
    },
    plain,
  ),
  fc.record(
    {
      kind: fc.constant("transaction" as const),
      revision,
      succeeded: fc.boolean(),
      results: fc.array(operationResult, { maxLength: 4 }),
    },
    plain,
  ),
  fc.record({ kind: fc.constant("leaseGrant" as const), revision, leaseId, ttlMs }, plain),
  fc.record(
    { kind: fc.constant("leaseRevoke" as const), revision, wasGranted: fc.boolean(), deletedCount: revision },
    plain,
  ),
);

export const commandResult: fc.Arbitrary<CommandResult> = fc.oneof(
  { weight: 4, arbitrary: writeResult.map((result) => ({ kind: "written" as const, result })) },
  integer.map((sessionId) => ({ kind: "sessionOpened" as const, sessionId })),
  fc.constant({ kind: "sessionClosed" as const }),
  fc.constant({ kind: "sessionExpired" as const }),
  fc
    .constantFrom("reused" as const, "acknowledged" as const, "tooFarAhead" as const)
    .map((reason) => ({ kind: "sequenceRefused" as const, reason })),
  fc.constantFrom(...WRITE_REFUSALS).map((reason) => ({ kind: "refused" as const, reason })),
  fc.record({ kind: fc.constant("leasesTouched" as const), revision, leaseIds }, plain),
);
