/**
 * The suite must be able to fail. Each mutant below has one fault that a real store could have; the case that is there to
 * find it must fail, and the unchanged store must pass all of them.
 */
import { describe, expect, test } from "vitest";
import { AspenError } from "../aspen-error.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { limits } from "../limits.ts";
import { createMemoryKeyValueStore } from "../memory/memory-key-value-store.ts";
import type { ScanResult } from "../read.ts";
import type { WriteCommand, WriteResult, WriteResultOf } from "../write-command.ts";
import { failingCases } from "./failing-cases.ts";
import { keyValueStoreCases } from "./key-value-store-cases.ts";

interface StoreFault {
  readonly write?: (command: WriteCommand, store: KeyValueStore) => Promise<WriteResult>;
  readonly get?: (...call: [...Parameters<KeyValueStore["get"]>, KeyValueStore]) => ReturnType<KeyValueStore["get"]>;
  readonly scan?: (
    request: Parameters<KeyValueStore["scan"]>[0],
    store: KeyValueStore,
  ) => ReturnType<KeyValueStore["scan"]>;
}

function mutantStore(fault: StoreFault): KeyValueStore {
  const store = createMemoryKeyValueStore();
  return {
    async write<Command extends WriteCommand>(command: Command): Promise<WriteResultOf<Command>> {
      const result = fault.write === undefined ? store.write(command) : fault.write(command, store);
      return (await result) as WriteResultOf<Command>;
    },
    get: (request, options) => fault.get?.(request, options, store) ?? store.get(request),
    scan: (request) => fault.scan?.(request, store) ?? store.scan(request),
  };
}

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

const storeMutants: readonly [fault: string, finder: RegExp, mutant: () => KeyValueStore][] = [
  [
    "orders keys by UTF-16 units",
    /order of their UTF-8 bytes/,
    () => mutantStore({ scan: async (request, store) => sorted(await store.scan(request)) }),
  ],
  [
    "swaps without comparing",
    /changes nothing when the key is otherwise/,
    () =>
      mutantStore({
        async write(command, store) {
          if (command.kind !== "compareAndSwap") return await store.write(command);
          const { revision } = await store.write({ ...command, kind: "set" });
          return { kind: "compare", outcome: "ok", revision };
        },
      }),
  ],
  [
    "takes a revision for deleting nothing",
    /takes no revision/,
    () =>
      mutantStore({
        async write(command, store) {
          const result = await store.write(command);
          const isIdle = result.kind === "delete" && result.deletedCount === 0;
          return isIdle ? { ...result, revision: result.revision + 1 } : result;
        },
      }),
  ],
  [
    "writes a multi command pair by pair",
    /at one revision/,
    () =>
      mutantStore({
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
    () =>
      mutantStore({
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
      return mutantStore({
        async get(request, _options, store) {
          const result = await store.get(request);
          if (result.entry !== undefined) cache.set(request.key, result.entry);
          return { ...result, entry: result.entry ?? cache.get(request.key) };
        },
        async write(command, store) {
          const result = await store.write(command);
          if (command.kind === "set") cache.set(command.key, (await store.get(command)).entry as KeyValueEntry);
          return result;
        },
      });
    },
  ],
  [
    "hands out the bytes that it keeps",
    /caller's bytes stay the caller's/,
    () => {
      const kept = new Map<string, Uint8Array>();
      return mutantStore({
        async write(command, store) {
          if (command.kind === "set") kept.set(command.key, command.value);
          return await store.write(command);
        },
        async get(request, _options, store) {
          const { entry, ...label } = await store.get(request);
          return { ...label, entry: entry && { ...entry, value: kept.get(entry.key) ?? entry.value } };
        },
      });
    },
  ],
  [
    "repeats the last key of a page on the next one",
    /without gap or repetition/,
    () =>
      mutantStore({
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
    () =>
      mutantStore({
        async scan(request, store) {
          const page = await store.scan(request);
          return page.count > 0 && page.count === request.limit ? { ...page, isTruncated: true } : page;
        },
      }),
  ],
  [
    "clamps a limit that is too high",
    /refused, not clamped/,
    () =>
      mutantStore({
        scan: (request, store) =>
          store.scan({ ...request, limit: Math.min(request.limit ?? limits.scanLimitDefault, limits.scanLimitMax) }),
      }),
  ],
  ["lets pages grow beyond 4 MiB", /ends before 4 MiB/, () => mutantStore({ scan: (r, store) => wholeScan(store, r) })],
  [
    "starts over at a continuation that it cannot read",
    /never made/,
    () =>
      mutantStore({
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
    () =>
      mutantStore({
        async get(request, _options, store) {
          if (!request.key.startsWith("\u0000")) return await store.get(request);
          return { ...(await store.get({ key: "k" })), entry: undefined };
        },
      }),
  ],
  [
    "counts characters where it should count bytes",
    /1,024 bytes of UTF-8/,
    () =>
      mutantStore({
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
    () => mutantStore({ scan: (request, store) => store.scan({ ...request, keysOnly: false }) }),
  ],
  [
    "answers linearizable reads from an old state",
    /acknowledged before it/,
    () => {
      let old: ScanResult | undefined;
      return mutantStore({
        async scan(request, store) {
          const page = await store.scan(request);
          const result = old ?? page;
          old = page;
          return result;
        },
      });
    },
  ],
];

describe("the suite of KeyValueStore", () => {
  test("lets the unchanged store pass", async () => {
    expect(await failingCases(keyValueStoreCases, () => ({ store: mutantStore({}) }))).toEqual([]);
  });

  test.each(storeMutants)("finds a store that %s", async (_fault, finder, mutant) => {
    const failing = await failingCases(keyValueStoreCases, () => ({ store: mutant() }));
    expect(failing.map(({ name }) => name)).toContainEqual(expect.stringMatching(finder));
  });
});
