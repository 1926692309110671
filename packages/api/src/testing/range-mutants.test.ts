/** Faults of range deletions and of reads of several keys, each found by the case that is there for it. */
import { describe } from "vitest";
import { testMutants, type StoreMutant } from "../../test/mutant-store.ts";
import { AspenError } from "../aspen-error.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { limits } from "../limits.ts";
import type { KeyRange } from "../read.ts";
import type { WriteCommand, WriteResult } from "../write-command.ts";

async function scanned(store: KeyValueStore, range: KeyRange): Promise<readonly KeyValueEntry[]> {
  return (await store.scan({ range, limit: limits.scanLimitMax })).entries;
}

/** Deletes, instead of the range, these keys of it. */
const deletingOnly =
  (choose: (entries: readonly KeyValueEntry[], range: KeyRange) => readonly KeyValueEntry[]) => () => ({
    write: async (command: WriteCommand, store: KeyValueStore): Promise<WriteResult> => {
      if (command.kind !== "deleteRange") return await store.write(command);
      const chosen = choose(await scanned(store, command.range), command.range);
      const success = chosen.map(({ key }) => ({ kind: "delete", key }) as const);
      if (success.length === 0 || success.length > limits.transactionItemsMax) return await store.write(command);
      const { revision } = await store.write({ kind: "transaction", compares: [], success, failure: [] });
      const deletion = { kind: "delete", revision, deletedCount: chosen.length } as const;
      return command.returnPrevious === true ? { ...deletion, previous: chosen } : deletion;
    },
  });

const rangeMutants: readonly StoreMutant[] = [
  [
    "misses the last key of a range",
    /^deleteRange deletes every key with the prefix/,
    deletingOnly((entries) => entries.slice(0, -1)),
  ],
  ["deletes one page of a range", /^no key is missed/, deletingOnly((entries) => entries.slice(0, 1_000))],
  [
    "deletes ranges of any size, piece by piece",
    /^a write deletes by a range and answers with/,
    () => ({
      write: async (command, store) =>
        await store.write(command).catch(async (error: unknown) => {
          if (command.kind !== "deleteRange" || !AspenError.isCode(error, "batch_too_large")) throw error;
          const keys = (await scanned(store, command.range)).map(({ key }) => key);
          await store.write({ kind: "deleteMulti", keys: keys.slice(0, limits.batchItemsMax) });
          const rest = await store.write({ ...command, returnPrevious: false });
          return { ...rest, deletedCount: rest.deletedCount + limits.batchItemsMax };
        }),
    }),
  ],
  [
    "compares keys with bounds by UTF-16 units",
    /^deleteRange includes the start/,
    deletingOnly((entries, range) =>
      entries.filter(({ key }) => range.kind === "prefix" || (key >= range.start && key < range.end)),
    ),
  ],
  [
    "takes the next UTF-16 unit for the end of a prefix",
    /^deleteRange takes a prefix/,
    deletingOnly((entries, range) =>
      entries.filter(({ key }) => range.kind === "range" || !key.endsWith("\u{10FFFF}")),
    ),
  ],
  [
    "deletes the end of a range as well",
    /^deleteRange includes the start/,
    () => ({
      write: async (command, store) => {
        if (command.kind !== "deleteRange" || command.range.kind === "prefix") return await store.write(command);
        return await store.write({ ...command, range: { ...command.range, end: `${command.range.end}\u0000` } });
      },
    }),
  ],
  [
    "deletes a range key by key",
    /^deleteRange deletes every key with the prefix/,
    () => ({
      write: async (command, store) => {
        if (command.kind !== "deleteRange") return await store.write(command);
        const previous = await scanned(store, command.range);
        for (const { key } of previous) await store.write({ kind: "delete", key });
        const { revision } = await store.get({ key: "k" });
        return { kind: "delete", revision, deletedCount: previous.length, previous };
      },
    }),
  ],
  [
    "takes a revision for deleting an empty range",
    /^deleteRange of nothing/,
    () => ({
      write: async (command, store) => {
        const result = await store.write(command);
        if (command.kind !== "deleteRange" || result.kind !== "delete" || result.deletedCount > 0) return result;
        return { ...result, revision: result.revision + 1 };
      },
    }),
  ],
  [
    "deletes the system's keys with a range",
    /^the system's keys are deleted by no range/,
    () => ({
      write: async (command, store) => {
        const result = await store.write(command);
        if (command.kind !== "deleteRange" || result.kind !== "delete") return result;
        const first = command.range.kind === "prefix" ? command.range.prefix : command.range.start;
        return first < "\u0001" ? { ...result, deletedCount: result.deletedCount + 1 } : result;
      },
    }),
  ],
  [
    "takes a bound of any length",
    /^a bound of a range is well-formed/,
    () => ({
      write: async (command, store) => {
        if (command.kind !== "deleteRange" || command.range.kind === "range") return await store.write(command);
        const prefix = command.range.prefix.slice(0, limits.rangeBoundBytesMax);
        return await store.write({ ...command, range: { kind: "prefix", prefix } });
      },
    }),
  ],
];

const multiReadMutants: readonly StoreMutant[] = [
  [
    "returns entries in key order",
    /^getMulti returns one entry for each key/,
    () => ({ getMulti: async ({ keys }, store) => await store.getMulti({ keys: keys.toSorted() }) }),
  ],
  [
    "leaves out what is not there",
    /^getMulti returns one entry for each key/,
    () => ({
      getMulti: async (request, store) => {
        const result = await store.getMulti(request);
        return { ...result, entries: result.entries.filter((entry) => entry !== undefined) };
      },
    }),
  ],
  [
    "reads each key by itself",
    /^all entries of a getMulti are of one moment/,
    () => ({
      getMulti: async ({ keys }, store) => {
        const entries: (KeyValueEntry | undefined)[] = [];
        for (const key of keys) entries.push((await store.get({ key })).entry);
        return { ...(await store.get({ key: "k" })), entries };
      },
    }),
  ],
  [
    "answers with more than 4 MiB",
    /^getMulti returns up to 4 MiB/,
    () => ({
      getMulti: async (request, store) =>
        await store.getMulti(request).catch(async (error: unknown) => {
          if (!AspenError.isCode(error, "batch_too_large")) throw error;
          const results = await Promise.all(request.keys.map((key) => store.get({ key })));
          return { ...(await store.get({ key: "k" })), entries: results.map(({ entry }) => entry) };
        }),
    }),
  ],
  [
    "reads no more than 1,000 keys and says nothing",
    /^getMulti takes 1 to 1,000 keys/,
    () => ({
      getMulti: async ({ keys }, store) => await store.getMulti({ keys: keys.slice(0, limits.batchItemsMax) }),
    }),
  ],
  [
    "answers from an old state",
    /^getMulti sees every write/,
    () => {
      const known = new Map<string, KeyValueEntry>();
      return {
        getMulti: async (request, store) => {
          const { entries, ...label } = await store.getMulti(request);
          for (const entry of entries) if (entry !== undefined && !known.has(entry.key)) known.set(entry.key, entry);
          return { ...label, entries: request.keys.map((key) => known.get(key)) };
        },
      };
    },
  ],
];

describe("the suite of KeyValueStore, with ranges and reads of several keys", () => {
  testMutants(rangeMutants);
  testMutants(multiReadMutants);
});
