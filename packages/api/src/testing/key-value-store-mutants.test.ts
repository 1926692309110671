/**
 * The suite must be able to fail. Each mutant below has one fault that a real store could have; the case that is there to
 * find it must fail, and the unchanged store must pass all of them.
 */
import { describe, expect, test } from "vitest";
import { mutantSubject, testMutants, type StoreMutant } from "../../test/mutant-store.ts";
import { AspenError } from "../aspen-error.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { limits } from "../limits.ts";
import type { ScanResult } from "../read.ts";
import { failingCases } from "./failing-cases.ts";
import { keyValueStoreCases } from "./key-value-store-cases.ts";

const byUnits = (left: KeyValueEntry, right: KeyValueEntry) => (left.key < right.key ? -1 : 1);
const sorted = (page: ScanResult): ScanResult => ({ ...page, entries: [...page.entries].sort(byUnits) });

async function wholeScan(store: KeyValueStore, request: Parameters<KeyValueStore["scan"]>[0]): Promise<ScanResult> {
  let page = await store.scan(request);
  const entries = [...page.entries];
  while (page.continuation !== undefined && entries.length < (request.limit ?? limits.scanLimitDefault)) {
    page = await store.scan({ ...request, continuation: page.continuation });
    entries.push(...page.entries);
  }
  return { ...page, entries, count: entries.length };
}

const storeMutants: readonly StoreMutant[] = [
  [
    "orders keys by UTF-16 units",
    /order of their UTF-8 bytes/,
    () => ({ scan: async (request, store) => sorted(await store.scan(request)) }),
  ],
  [
    "swaps without comparing",
    /changes nothing when the key is otherwise/,
    () => ({
      async write(command, store) {
        if (command.kind !== "compareAndSwap") return await store.write(command);
        const { revision } = await store.write({ ...command, kind: "set" });
        return { kind: "compare", outcome: "ok", revision };
      },
    }),
  ],
  [
    "takes a revision for deleting nothing",
    /^deleting what is not there/,
    () => ({
      async write(command, store) {
        const result = await store.write(command);
        const isIdle = result.kind === "delete" && result.deletedCount === 0;
        return isIdle ? { ...result, revision: result.revision + 1 } : result;
      },
    }),
  ],
  [
    "writes a multi command pair by pair",
    /^setMulti writes all pairs at one revision/,
    () => ({
      async write(command, store) {
        if (command.kind !== "setMulti") return await store.write(command);
        let revision = 0;
        for (const pair of command.pairs) ({ revision } = await store.write({ kind: "set", ...pair }));
        return { kind: "setMulti", revision };
      },
    }),
  ],
  [
    "writes the good pairs of a bad multi command",
    /writes none of them/,
    () => ({
      async write(command, store) {
        if (command.kind === "setMulti" && command.pairs[0] !== undefined) {
          await store.write({ kind: "set", ...command.pairs[0] }).catch(() => undefined);
        }
        return await store.write(command);
      },
    }),
  ],
  [
    "answers reads from a cache that no deletion reaches",
    /deleted key is gone/,
    () => {
      const cache = new Map<string, KeyValueEntry>();
      return {
        async get(request, store) {
          const result = await store.get(request);
          if (result.entry !== undefined) cache.set(request.key, result.entry);
          return { ...result, entry: result.entry ?? cache.get(request.key) };
        },
        async write(command, store) {
          const result = await store.write(command);
          if (command.kind === "set") cache.set(command.key, (await store.get(command)).entry as KeyValueEntry);
          return result;
        },
      };
    },
  ],
  [
    "hands out the bytes that it keeps",
    /caller's bytes stay the caller's/,
    () => {
      const kept = new Map<string, Uint8Array>();
      return {
        async write(command, store) {
          if (command.kind === "set") kept.set(command.key, command.value);
          return await store.write(command);
        },
        async get(request, store) {
          const { entry, ...label } = await store.get(request);
          return { ...label, entry: entry && { ...entry, value: kept.get(entry.key) ?? entry.value } };
        },
      };
    },
  ],
  [
    "repeats the last key of a page on the next one",
    /without gap or repetition/,
    () => ({
      async scan(request, store) {
        const page = await store.scan(request);
        if (request.continuation === undefined || request.limit === 0) return page;
        const before = await store.scan({ ...request, continuation: undefined as never }).catch(() => page);
        return { ...page, entries: [...before.entries.slice(-1), ...page.entries], count: page.count + 1 };
      },
    }),
  ],
  [
    "gives a continuation with the last page",
    /not truncated/,
    () => ({
      async scan(request, store) {
        const page = await store.scan(request);
        return page.count > 0 && page.count === request.limit ? { ...page, isTruncated: true } : page;
      },
    }),
  ],
  [
    "clamps a limit that is too high",
    /^a scan limit is an integer .* not clamped/,
    () => ({
      scan: (request, store) =>
        store.scan({ ...request, limit: Math.min(request.limit ?? limits.scanLimitDefault, limits.scanLimitMax) }),
    }),
  ],
  [
    "loses what lies beyond a thousand rows, and says nothing",
    /^a limit above 1,000/,
    () => ({
      async scan(request, store) {
        const page = await store.scan({ ...request, limit: Math.min(request.limit ?? limits.scanLimitDefault, 1_000) });
        return request.limit === undefined || request.limit <= 1_000 ? page : { ...page, isTruncated: false };
      },
    }),
  ],
  ["lets pages grow beyond 4 MiB", /ends before 4 MiB/, () => ({ scan: (r, store) => wholeScan(store, r) })],
  [
    "starts over at a continuation that it cannot read",
    /never made/,
    () => ({
      scan: (request, store) =>
        store.scan(request).catch(async (error: unknown) => {
          if (request.continuation === undefined) throw error;
          return await store.scan({ range: request.range });
        }),
    }),
  ],
  [
    "lets users read the system's keys",
    /never be a user's key/,
    () => ({
      async get(request, store) {
        if (!request.key.startsWith("\u0000")) return await store.get(request);
        return { ...(await store.get({ key: "k" })), entry: undefined };
      },
    }),
  ],
  [
    "counts characters where it should count bytes",
    /1,024 bytes of UTF-8/,
    () => ({
      async write(command, store) {
        const isLong = command.kind === "set" && command.key.length <= limits.keyBytesMax;
        return await store.write(command).catch(async (error: unknown) => {
          if (!isLong || !AspenError.isCode(error, "key_too_large")) throw error;
          return { kind: "set", revision: (await store.get({ key: "k" })).revision };
        });
      },
    }),
  ],
  [
    "sends the values along with keysOnly",
    /keysOnly leaves the values out/,
    () => ({ scan: (request, store) => store.scan({ ...request, keysOnly: false }) }),
  ],
  [
    "answers linearizable reads from an old state",
    /^a scan sees every write acknowledged/,
    () => {
      let old: ScanResult | undefined;
      return {
        async scan(request, store) {
          const page = await store.scan(request);
          const result = old ?? page;
          old = page;
          return result;
        },
      };
    },
  ],
];

describe("the suite of KeyValueStore", () => {
  test("lets the unchanged store pass", async () => {
    expect(await failingCases(keyValueStoreCases, () => mutantSubject({}))).toEqual([]);
  });

  test("names each case once", () => {
    const names = keyValueStoreCases.map(({ name }) => name);
    expect(names.filter((name, position) => names.indexOf(name) !== position)).toEqual([]);
  });

  testMutants(storeMutants);
});
