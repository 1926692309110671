import { deepEqual, equal } from "node:assert/strict";
import { limits } from "../limits.ts";
import type { KeyRange } from "../read.ts";
import type { Compare, TransactionCommand, TransactionOperation } from "../transaction.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, countedLength, freshPrefix, type KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { refusal } from "./refusal.ts";

const value = bytes("value");

/** The operation in one branch and in the other. */
function inEitherBranch(operation: TransactionOperation): TransactionCommand[] {
  const head = { kind: "transaction", compares: [] } as const;
  return [
    { ...head, success: [operation], failure: [] },
    { ...head, success: [], failure: [operation] },
  ];
}

export const transactionGateCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a transaction holds 1 to 1,000 compares and operations, both branches together",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "transaction-size");
      const compare = { key: `${prefix}0`, target: "version", operator: "=", number: 0 } as const;
      const most: TransactionCommand = {
        kind: "transaction",
        compares: Array.from({ length: 300 }, () => compare),
        success: Array.from({ length: 400 }, (_, item) => ({ kind: "set", key: `${prefix}${item}`, value }) as const),
        failure: Array.from({ length: 300 }, () => ({ kind: "get", key: compare.key }) as const),
      };
      const empty = { kind: "transaction", compares: [], success: [], failure: [] } as const;
      await refusal(store.write(empty), "invalid_request");
      for (const command of [
        { ...most, compares: [...most.compares, compare] },
        { ...most, success: [...most.success, { kind: "get", key: prefix } as const] },
        { ...most, failure: [...most.failure, { kind: "get", key: prefix } as const] },
      ]) {
        const error = await refusal(store.write(command), "batch_too_large");
        deepEqual(error.details, { size: limits.transactionItemsMax + 1, max: limits.transactionItemsMax });
      }
      equal((await store.scan({ range: { kind: "prefix", prefix }, limit: 0 })).count, 0);
      const { succeeded, results } = await store.write(most);
      deepEqual([succeeded, results.length], [true, 400]);
      await store.write({ kind: "deleteRange", range: { kind: "prefix", prefix } });
    },
  },
  {
    name: "the keys and values of a transaction have at most 8 MiB together",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "transaction-bytes");
      const largest = new Uint8Array(limits.valueBytesMax);
      const set = (item: number) => ({ kind: "set", key: `${prefix}${item}`, value: largest }) as const;
      const command: TransactionCommand = {
        kind: "transaction",
        compares: [0, 1].map((item) => ({ key: `${prefix}${item}`, target: "value", operator: "=", value: largest })),
        success: [set(0), set(1), set(2)],
        failure: [set(0), set(1), set(2)],
      };
      const error = await refusal(store.write(command), "batch_too_large");
      const size = limits.commandBytesMax + 8 * (countedLength(subject, prefix) + 1);
      deepEqual(error.details, { size, max: limits.commandBytesMax });
      equal((await store.scan({ range: { kind: "prefix", prefix }, limit: 0 })).count, 0);
    },
  },
  {
    name: "a value in a transaction has up to 1 MiB, compared or set",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "transaction-value")}key`;
      const tooLarge = new Uint8Array(limits.valueBytesMax + 1);
      const compare = { key, target: "value", operator: "!=", value: tooLarge } as const;
      const compared = store.write({ kind: "transaction", compares: [compare], success: [], failure: [] });
      const error = await refusal(compared, "value_too_large");
      deepEqual(error.details, { size: limits.valueBytesMax + 1, max: limits.valueBytesMax });
      for (const command of inEitherBranch({ kind: "set", key, value: tooLarge })) {
        await refusal(store.write(command), "value_too_large");
      }
    },
  },
  {
    name: "a number is compared with an integer from 0 to 2^53 - 1",
    async run({ store }) {
      for (const target of ["version", "createRevision", "modRevision", "lease"] as const) {
        const compared = async (number: number): Promise<unknown> => {
          const compare: Compare = { key: "acceptance/number", target, operator: "=", number };
          return await store.write({ kind: "transaction", compares: [compare], success: [], failure: [] });
        };
        for (const number of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
          await refusal(compared(number), "invalid_request");
        }
        await compared(Number.MAX_SAFE_INTEGER);
      }
    },
  },
  {
    name: "a scan limit in a transaction is an integer from 0 to 10,000; another one is refused, not clamped",
    async run({ store }) {
      const range = { kind: "prefix", prefix: "acceptance/none/" } as const;
      for (const limit of [-1, 1.5, Number.NaN, limits.scanLimitMax + 1, Number.POSITIVE_INFINITY]) {
        for (const command of inEitherBranch({ kind: "scan", range, limit })) {
          await refusal(store.write(command), "invalid_request");
        }
      }
      for (const command of inEitherBranch({ kind: "scan", range, limit: limits.scanLimitMax })) {
        await store.write(command);
      }
    },
  },
  {
    name: "a bound of a range is well-formed text of at most 2 KiB, wherever there are ranges",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "bounds");
      const longest = prefix.padEnd(limits.rangeBoundBytesMax, "x");
      const calls = (range: KeyRange): (() => Promise<unknown>)[] => [
        () => store.scan({ range }),
        () => store.write({ kind: "deleteRange", range }),
        ...inEitherBranch({ kind: "scan", range }).map((command) => () => store.write(command)),
        ...inEitherBranch({ kind: "deleteRange", range }).map((command) => () => store.write(command)),
      ];
      for (const bound of [`${longest}x`, `${longest.slice(1)}é`, `${prefix}\uD800`, `\uDC00${prefix}`]) {
        const ranges: KeyRange[] = [
          { kind: "prefix", prefix: bound },
          { kind: "range", start: bound, end: `${prefix}z` },
          { kind: "range", start: prefix, end: bound },
        ];
        for (const range of ranges) for (const call of calls(range)) await refusal(call(), "invalid_request");
      }
      for (const call of calls({ kind: "prefix", prefix: longest })) await call();
      for (const call of calls({ kind: "range", start: longest, end: longest })) await call();
    },
  },
  {
    name: "a transaction with one bad operation does none of them and takes no revision",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "transaction-bad");
      const good = { kind: "set", key: `${prefix}good`, value } as const;
      const bad = { kind: "get", key: "" } as const;
      const { revision } = await store.get({ key: good.key });
      const head = { kind: "transaction", compares: [] } as const;
      await refusal(store.write({ ...head, success: [good, bad], failure: [] }), "invalid_request");
      await refusal(store.write({ ...head, success: [good], failure: [bad] }), "invalid_request");
      const after = await store.get({ key: good.key });
      deepEqual([after.entry, after.revision], [undefined, revision]);
    },
  },
];
