import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AspenError } from "../aspen-error.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import type { ScanRequest } from "../read.ts";
import type { WriteCommand } from "../write-command.ts";
import { keyValueStoreCases } from "../testing/key-value-store-cases.ts";
import { createMemoryKeyValueStore } from "./memory-key-value-store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => "no error",
    (reason: unknown) => reason,
  );
  return error instanceof AspenError ? error.code : String(error);
}

describe("the acceptance suite", () => {
  const store = createMemoryKeyValueStore();

  test.each(keyValueStoreCases)("$name", async ({ run }) => {
    await run({ store: createMemoryKeyValueStore() });
  });

  test.each([...keyValueStoreCases].reverse())("in a used store, in another order: $name", async ({ run }) => {
    await run({ store });
  });
});

describe("a new store", () => {
  test("starts at revision 0 with nothing applied", async () => {
    expect(await createMemoryKeyValueStore().get({ key: "k" })).toEqual({
      consistency: "linearizable",
      appliedIndex: 0,
      revision: 0,
      entry: undefined,
    });
  });

  test("knows nothing of other stores", async () => {
    const [one, other] = [createMemoryKeyValueStore(), createMemoryKeyValueStore()];
    await one.write({ kind: "set", key: "k", value: bytes("v") });
    expect((await other.get({ key: "k" })).entry).toBeUndefined();
  });
});

test("calls take effect in the order in which they are made, awaited or not", async () => {
  const store = createMemoryKeyValueStore();
  const first = store.write({ kind: "set", key: "k", value: bytes("one") });
  const read = store.get({ key: "k" });
  const second = store.write({ kind: "set", key: "k", value: bytes("two") });
  expect((await read).entry?.value).toEqual(bytes("one"));
  expect([(await first).revision, (await second).revision]).toEqual([1, 2]);
});

test("a Buffer that goes in comes out as plain bytes of its own", async () => {
  const store = createMemoryKeyValueStore();
  const buffer = Buffer.from("value");
  await store.write({ kind: "set", key: "k", value: buffer });
  buffer.fill(0);
  const { entry } = await store.get({ key: "k" });
  expect(Object.getPrototypeOf(entry?.value)).toBe(Uint8Array.prototype);
  expect(entry?.value).toEqual(bytes("value"));
});

test("a refused write leaves no trace, not even in the applied index", async () => {
  const store = createMemoryKeyValueStore();
  expect(await codeOf(store.write({ kind: "set", key: "", value: bytes("v") }))).toBe("invalid_request");
  expect((await store.get({ key: "k" })).appliedIndex).toBe(0);
});

test("a caller that gave up beforehand is refused, with its reason as the cause", async () => {
  const store = createMemoryKeyValueStore();
  const reason = new Error("enough");
  const options = { signal: AbortSignal.abort(reason) };
  const calls = [
    store.write({ kind: "set", key: "k", value: bytes("v") }, options),
    store.get({ key: "k" }, options),
    store.scan({ range: { kind: "prefix", prefix: "" } }, options),
  ];
  for (const call of calls) {
    await expect(call).rejects.toMatchObject({ code: "timeout", retryable: false, cause: reason });
  }
  expect((await store.get({ key: "k" })).revision).toBe(0);
});

describe("a continuation", () => {
  const filled = async (): Promise<KeyValueStore> => {
    const store = createMemoryKeyValueStore();
    const pairs = ["a/1", "a/2", "a/3", "b/1", "b/2"].map((key) => ({ key, value: bytes(key) }));
    await store.write({ kind: "setMulti", pairs });
    return store;
  };

  test.each<[string, ScanRequest]>([
    ["of another prefix", { range: { kind: "prefix", prefix: "b/" } }],
    ["of another range", { range: { kind: "range", start: "a/2", end: "b" } }],
    ["of the other direction", { range: { kind: "prefix", prefix: "a/" }, reverse: true }],
  ])("%s is refused", async (_name, request) => {
    const store = await filled();
    const { continuation } = await store.scan({ range: { kind: "prefix", prefix: "a/" }, limit: 1 });
    expect(await codeOf(store.scan({ ...request, continuation: continuation ?? "" }))).toBe("invalid_request");
  });

  test("does not show its key, and takes another limit", async () => {
    const store = await filled();
    const range = { kind: "prefix", prefix: "a/" } as const;
    const { continuation } = await store.scan({ range, limit: 1 });
    expect(continuation).not.toContain("a/1");
    const rest = await store.scan({ range, limit: 5, continuation: continuation ?? "" });
    expect(rest.entries.map((entry) => entry.key)).toEqual(["a/2", "a/3"]);
  });

  test("counts what is left when the limit is 0", async () => {
    const store = await filled();
    const range = { kind: "prefix", prefix: "" } as const;
    const { continuation } = await store.scan({ range, limit: 2 });
    const rest = await store.scan({ range, limit: 0, continuation: continuation ?? "" });
    expect([rest.count, rest.entries, rest.isTruncated]).toEqual([3, [], false]);
  });

  test("is refused when any of its bytes is changed to another version, direction or broken text", async () => {
    const store = await filled();
    const range = { kind: "prefix", prefix: "" } as const;
    const { continuation = "" } = await store.scan({ range, limit: 1 });
    const changed = [
      `02${continuation.slice(2)}`,
      `0102${continuation.slice(4)}`,
      `${continuation}ff`,
      `${continuation}0`,
      continuation.slice(0, 4),
      `${continuation.slice(0, 4)}00`,
      continuation.toUpperCase().replace("61", "6Z"),
    ];
    for (const text of changed) expect(await codeOf(store.scan({ range, continuation: text }))).toBe("invalid_request");
  });
});

/** The same contract in the plainest way: a map that is sorted by its bytes whenever somebody looks. */
class NaiveStore {
  revision = 0;
  readonly entries = new Map<string, KeyValueEntry>();

  set(key: string, value: Uint8Array): void {
    const present = this.entries.get(key);
    const createRevision = present?.createRevision ?? this.revision;
    const version = (present?.version ?? 0) + 1;
    this.entries.set(key, { key, value, createRevision, modRevision: this.revision, version });
  }

  write(command: WriteCommand): void {
    if (command.kind === "set" || command.kind === "setMulti") {
      this.revision += 1;
      for (const { key, value } of command.kind === "set" ? [command] : command.pairs) this.set(key, value);
    } else if (command.kind === "delete" || command.kind === "deleteMulti") {
      const keys = command.kind === "delete" ? [command.key] : command.keys;
      if (keys.some((key) => this.entries.has(key))) this.revision += 1;
      for (const key of keys) this.entries.delete(key);
    }
  }

  sorted(start: string, end: string): KeyValueEntry[] {
    const rank = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));
    return [...this.entries.values()]
      .filter(({ key }) => rank(key, start) >= 0 && rank(key, end) < 0)
      .sort((left, right) => rank(left.key, right.key));
  }
}

const key = fc.string({
  unit: fc.constantFrom("a", "b", "é", "\uE000", "\uFFFF", "\u{1F332}"),
  minLength: 1,
  maxLength: 3,
});
const value = fc.uint8Array({ maxLength: 3 });
const command: fc.Arbitrary<WriteCommand> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key, value }),
  fc.record({ kind: fc.constant("delete" as const), key }),
  fc.record({
    kind: fc.constant("setMulti" as const),
    pairs: fc.uniqueArray(fc.record({ key, value }), { selector: (pair) => pair.key, minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("deleteMulti" as const), keys: fc.uniqueArray(key, { minLength: 1, maxLength: 4 }) }),
);

test("any sequence of commands leaves the state that the plainest store has, in any range, direction and page size", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 30 }),
      fc.tuple(key, key, fc.boolean(), fc.integer({ min: 1, max: 5 })),
      async (commands, [start, end, reverse, limit]) => {
        const store = createMemoryKeyValueStore();
        const naive = new NaiveStore();
        for (const item of commands) {
          await store.write(item);
          naive.write(item);
        }
        const expected = naive.sorted(start, end);
        if (reverse) expected.reverse();
        const range = { kind: "range", start, end } as const;
        const entries: KeyValueEntry[] = [];
        let page = await store.scan({ range, reverse, limit });
        entries.push(...page.entries);
        while (page.continuation !== undefined && entries.length <= expected.length) {
          page = await store.scan({ range, reverse, limit, continuation: page.continuation });
          entries.push(...page.entries);
        }
        expect(entries).toEqual(expected);
        expect(page.revision).toBe(naive.revision);
        expect((await store.scan({ range, limit: 0 })).count).toBe(expected.length);
      },
    ),
    { numRuns: 300 },
  );
});
