import { ERROR_CODES, limits, type LogRecord } from "@aspenjs/api";
import fc from "fast-check";
import type { LogAsk, LogTell } from "../src/index.ts";
import { logCommand } from "./fuzz/write-values.ts";
import { clusterState } from "./wire-values.ts";

const plain = { noNullPrototype: true } as const;
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const optionalNumber = fc.option(number, { nil: undefined });

export const logAsk: fc.Arbitrary<LogAsk> = fc.record(
  {
    fromIndex: optionalNumber,
    keyPrefixes: fc.array(fc.string({ unit: "grapheme", maxLength: 6 }), { maxLength: limits.logKeyPrefixesMax }),
  },
  plain,
);

const head = fc.record({ index: number, term: fc.maxSafeNat() }, plain);
const command = fc.tuple(logCommand, fc.boolean()).map(([{ logTimeMs, session, action }, isPartial]) => {
  const rest = { kind: "command" as const, logTimeMs, action, isPartial };
  return session === undefined
    ? rest
    : { ...rest, write: { sessionId: session.sessionId, sequence: session.sequence } };
});
const membership = clusterState.map((state) => ({ kind: "membership" as const, membership: state.membership }));

export const logRecord: fc.Arbitrary<LogRecord> = fc
  .tuple(head, fc.oneof(fc.constant({ kind: "blank" as const }), membership, command))
  .map(([place, rest]) => ({ ...place, ...rest }));

export const logTell: fc.Arbitrary<LogTell> = fc.oneof(
  fc.record({ kind: fc.constant("opened" as const), fromIndex: number }, plain),
  logRecord.map((record) => ({ kind: "record" as const, record })),
  fc.record(
    { kind: fc.constant("progress" as const), throughIndex: fc.maxSafeNat(), committedIndex: fc.maxSafeNat() },
    plain,
  ),
  fc.record(
    {
      kind: fc.constant("ended" as const),
      code: fc.constantFrom(...ERROR_CODES),
      message: fc.string({ unit: "grapheme", maxLength: 20 }),
      firstIndex: optionalNumber,
    },
    plain,
  ),
);
