import { describe, expect, test } from "vitest";
import { AspenError } from "../aspen-error.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { limits } from "../limits.ts";
import type { ReadConsistency, ReadFallback, ReadOptions, ScanRequest } from "../read.ts";
import { keyValueStoreCases } from "../testing/key-value-store-cases.ts";
import { memorySubject } from "../../test/memory-subject.ts";
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
  const used = memorySubject();

  test.each(keyValueStoreCases)("$name", async ({ run }) => {
    await run(memorySubject());
  });

  test.each([...keyValueStoreCases].reverse())("in a used store, in another order: $name", async ({ run }) => {
    await run(used);
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

test("a read of many large entries is refused before any of them is copied", async () => {
  const store = createMemoryKeyValueStore();
  await store.write({ kind: "set", key: "k", value: new Uint8Array(limits.valueBytesMax) });
  const keys = Array.from({ length: limits.batchItemsMax }, () => "k");
  const size = limits.batchItemsMax * (limits.valueBytesMax + 1);
  await expect(store.getMulti({ keys })).rejects.toMatchObject({ details: { size, max: limits.scanPageBytesMax } });
});

test("a consistency that no version knows is refused by every read", async () => {
  const store = createMemoryKeyValueStore();
  const consistency = "eventual" as unknown as ReadConsistency;
  for (const call of [
    store.get({ key: "k", consistency }),
    store.getMulti({ keys: ["k"], consistency }),
    store.scan({ range: { kind: "prefix", prefix: "" }, consistency }),
    store.getLease({ leaseId: 1, consistency }),
    store.listLeases({ consistency }),
  ]) {
    expect(await codeOf(call)).toBe("invalid_request");
  }
});

test("a fallback is accepted and never needed; one that no version knows is refused by every read", async () => {
  const store = createMemoryKeyValueStore();
  const reads = (read: ReadOptions) => [
    () => store.get({ key: "k", ...read }),
    () => store.getMulti({ keys: ["k"], ...read }),
    () => store.scan({ range: { kind: "prefix", prefix: "" }, ...read }),
    () => store.getLease({ leaseId: 1, ...read }),
    () => store.listLeases(read),
  ];
  for (const call of reads({ fallback: "local" })) expect((await call()).consistency).toBe("linearizable");
  for (const fallback of ["remote", "", null] as unknown as ReadFallback[]) {
    for (const call of reads({ fallback })) expect(await codeOf(call())).toBe("invalid_request");
  }
});

test("a caller that gave up beforehand is refused, with its reason as the cause", async () => {
  const store = createMemoryKeyValueStore();
  const reason = new Error("enough");
  const options = { signal: AbortSignal.abort(reason) };
  const calls = [
    store.write({ kind: "set", key: "k", value: bytes("v") }, options),
    store.get({ key: "k" }, options),
    store.getMulti({ keys: ["k"] }, options),
    store.scan({ range: { kind: "prefix", prefix: "" } }, options),
    store.keepLeaseAlive(1, options),
    store.getLease({ leaseId: 1 }, options),
    store.listLeases({}, options),
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
