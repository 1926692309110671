import { ERROR_CODES, type KeyChange, type WatchFilter } from "@aspenjs/api";
import fc from "fast-check";
import type { WatchAsk, WatchTell } from "../src/index.ts";
import { keyRange, keyValueEntry } from "./fuzz/write-values.ts";

const plain = { noNullPrototype: true } as const;
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const optionalNumber = fc.option(number, { nil: undefined });
const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });

const filter: fc.Arbitrary<WatchFilter> = fc.oneof(
  keyRange,
  key.map((name) => ({ kind: "key" as const, key: name })),
);

export const watchAsk: fc.Arbitrary<WatchAsk> = fc.oneof(
  fc.record(
    {
      kind: fc.constant("open" as const),
      watchId: number,
      filter,
      fromRevision: optionalNumber,
      withPrevious: fc.boolean(),
    },
    plain,
  ),
  fc.record({ kind: fc.constant("close" as const), watchId: number }, plain),
);

const keyChange: fc.Arbitrary<KeyChange> = fc
  .record({ entry: keyValueEntry, previous: fc.option(keyValueEntry, { nil: undefined }), isPut: fc.boolean() }, plain)
  .map(({ entry, previous, isPut }) => {
    const before = previous === undefined ? {} : { previous: { ...previous, key: entry.key } };
    return isPut ? { kind: "put", entry, ...before } : { kind: "delete", key: entry.key, ...before };
  });

export const watchTell: fc.Arbitrary<WatchTell> = fc.oneof(
  fc.record({ kind: fc.constant("opened" as const), watchId: number, fromRevision: number }, plain),
  fc.record(
    {
      kind: fc.constant("changes" as const),
      watchId: number,
      revision: number,
      isLastPart: fc.boolean(),
      changes: fc.array(keyChange, { minLength: 1, maxLength: 4 }),
    },
    plain,
  ),
  fc.record(
    {
      kind: fc.constant("ended" as const),
      watchId: number,
      code: fc.constantFrom(...ERROR_CODES),
      message: fc.string({ unit: "grapheme", maxLength: 20 }),
      firstRevision: optionalNumber,
    },
    plain,
  ),
  fc.record({ kind: fc.constant("progress" as const), revision: fc.maxSafeNat() }, plain),
);
