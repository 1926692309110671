import { limits, type CommandResult, type Expected, type KeyValueEntry, type WriteCommand } from "@aspenjs/api";
import fc from "fast-check";
import type { LogCommand, SessionReference } from "../../src/index.ts";

const plain = { noNullPrototype: true } as const;
const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const value = fc.uint8Array({ maxLength: 24 });
const integer = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const revision = fc.maxSafeNat();

const expected: fc.Arbitrary<Expected> = fc.oneof(
  fc.constant<Expected>({ kind: "absent" }),
  value.map((bytes) => ({ kind: "value" as const, value: bytes })),
  integer.map((modRevision) => ({ kind: "modRevision" as const, modRevision })),
);
const returning = fc.constantFrom({}, { returnPrevious: true as const });

const write: fc.Arbitrary<WriteCommand> = fc.oneof(
  fc.tuple(key, value, returning).map(([name, bytes, option]) => ({
    kind: "set" as const,
    key: name,
    value: bytes,
    ...option,
  })),
  fc
    .uniqueArray(fc.record({ key, value }, plain), { minLength: 1, maxLength: 4, selector: (pair) => pair.key })
    .map((pairs) => ({ kind: "setMulti" as const, pairs })),
  fc.tuple(key, returning).map(([name, option]) => ({ kind: "delete" as const, key: name, ...option })),
  fc
    .tuple(fc.uniqueArray(key, { minLength: 1, maxLength: 4 }), returning)
    .map(([keys, option]) => ({ kind: "deleteMulti" as const, keys, ...option })),
  fc.record({ kind: fc.constant("compareAndSwap" as const), key, expected, value }, plain),
  fc.record({ kind: fc.constant("compareAndDelete" as const), key, expected }, plain),
);

const session: fc.Arbitrary<SessionReference> = fc.record(
  { sessionId: integer, sequence: integer, acknowledgedThrough: revision },
  plain,
);

export const logCommand: fc.Arbitrary<LogCommand> = fc.oneof(
  revision.map((logTimeMs) => ({ logTimeMs, action: { kind: "openSession" as const } })),
  fc.record({ logTimeMs: revision, session, action: fc.constant({ kind: "closeSession" as const }) }, plain),
  fc.record({ logTimeMs: revision, session, action: write }, plain),
  fc.record({ logTimeMs: revision, action: write }, plain),
);

const entry: fc.Arbitrary<KeyValueEntry> = fc.record(
  { key, value, createRevision: integer, modRevision: integer, version: integer },
  plain,
);
const written = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), revision }, plain),
  fc.record({ kind: fc.constant("set" as const), revision, previous: entry }, plain),
  fc.record({ kind: fc.constant("setMulti" as const), revision }, plain),
  fc.record(
    {
      kind: fc.constant("delete" as const),
      revision,
      deletedCount: fc.nat({ max: limits.batchItemsMax }),
      previous: fc.array(entry, { maxLength: 3 }),
    },
    plain,
  ),
  fc.record({ kind: fc.constant("compare" as const), outcome: fc.constant("ok" as const), revision }, plain),
  fc.record(
    {
      kind: fc.constant("compare" as const),
      outcome: fc.constant("conflict" as const),
      revision,
      actual: fc.option(entry, { nil: undefined }),
    },
    plain,
  ),
);

export const commandResult: fc.Arbitrary<CommandResult> = fc.oneof(
  written.map((result) => ({ kind: "written" as const, result })),
  integer.map((sessionId) => ({ kind: "sessionOpened" as const, sessionId })),
  fc.constant({ kind: "sessionClosed" as const }),
  fc.constant({ kind: "sessionExpired" as const }),
  fc
    .constantFrom("reused" as const, "acknowledged" as const, "tooFarAhead" as const)
    .map((reason) => ({ kind: "sequenceRefused" as const, reason })),
);
