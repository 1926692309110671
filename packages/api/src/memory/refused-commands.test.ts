import { describe, expect, test } from "vitest";
import { everything, filled, set, shownLeases } from "../../test/store-view.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { limits } from "../limits.ts";
import type { WriteCommand } from "../write-command.ts";
import { createMemoryKeyValueStore } from "./memory-key-value-store.ts";

describe("a command that the state refuses", () => {
  const large = new Uint8Array(limits.valueBytesMax);
  const largeKeys = ["v", "w", "x", "y", "z"];
  const changes = [
    set("a", "changed"),
    { kind: "delete", key: "b" },
    { kind: "deleteRange", range: { kind: "range", start: "c", end: "e" } },
    { ...set("e"), ttlMs: 1_000 },
    { ...set("f"), leaseId: 9 },
    { ...set("0"), ttlMs: 1_000 },
  ] as const;
  const head = { kind: "transaction", compares: [], failure: [] } as const;

  test.each<[string, string, WriteCommand]>([
    ["set to no lease", "not_found", { ...set("d"), leaseId: 5 }],
    ["set to another key's own lease", "not_found", { ...set("a"), leaseId: 4 }],
    ["set to the key's own lease", "not_found", { ...set("d"), leaseId: 4 }],
    [
      "transaction with a set to no lease",
      "not_found",
      { ...head, success: [...changes, { ...set("g"), leaseId: 8 }] },
    ],
    [
      "transaction that answers with too much",
      "batch_too_large",
      { ...head, success: [...changes, ...largeKeys.map((key) => ({ kind: "get", key }) as const)] },
    ],
    [
      "transaction whose last deletion answers with too much",
      "batch_too_large",
      {
        ...head,
        success: [
          ...changes,
          { kind: "deleteRange", range: { kind: "range", start: "v", end: "{" }, returnPrevious: true },
        ],
      },
    ],
    [
      "deleteMulti that answers with too much",
      "batch_too_large",
      { kind: "deleteMulti", keys: largeKeys, returnPrevious: true },
    ],
    [
      "deleteRange that answers with too much",
      "batch_too_large",
      { kind: "deleteRange", range: everything, returnPrevious: true },
    ],
    ["leaseGrant of a number that is taken", "conflict", { kind: "leaseGrant", ttlMs: 1_000, leaseId: 4 }],
  ])("%s: %s, and everything is as it was", async (_name, code, command) => {
    const store = await filled();
    for (const key of largeKeys) await store.write({ kind: "set", key, value: large });
    const before = [(await store.scan({ range: everything, keysOnly: true })).entries, await shownLeases(store)];
    await expect(store.write(command)).rejects.toMatchObject({ code, details: { outcome: "not_applied" } });
    const page = await store.scan({ range: everything, keysOnly: true });
    expect([page.entries, await shownLeases(store)]).toEqual(before);
    expect([page.revision, page.appliedIndex]).toEqual([8, 10]);
    const { revision } = await store.write({ ...set("a"), ttlMs: 1_000 });
    expect([revision, (await store.get({ key: "a" })).entry?.leaseId]).toEqual([9, 11]);
  });

  test("gives back a number that it took from a lease which it had ended", async () => {
    const store = createMemoryKeyValueStore();
    await store.write({ kind: "leaseGrant", ttlMs: 1_000, leaseId: 2 });
    const [first, second] = [
      { ...set("a"), ttlMs: 1_000 },
      { ...set("b"), ttlMs: 2_000 },
    ];
    await store.write({ ...head, success: [first, second] });
    expect(await shownLeases(store)).toBe("2:1000(), 3:1000(a), 4:2000(b)");
    // The third command takes number 3 again, which the lease of `a` has just left.
    const again = { ...set("c"), ttlMs: 3_000 };
    const refused = store.write({
      ...head,
      success: [{ kind: "delete", key: "a" }, again, { ...set("d"), leaseId: 9 }],
    });
    await expect(refused).rejects.toMatchObject({ code: "not_found" });
    expect(await shownLeases(store)).toBe("2:1000(), 3:1000(a), 4:2000(b)");
    await store.write({ ...head, success: [{ kind: "delete", key: "b" }, again] });
    expect(await shownLeases(store)).toBe("2:1000(), 3:1000(a), 4:3000(c)");
  });

  test("a 100,001st lease is refused, as a grant or of a key's own, and room is made by an end", async () => {
    const store = createMemoryKeyValueStore();
    await store.write({ ...set("own"), ttlMs: 1_000 });
    for (let count = 1; count < limits.leasesMax; count += 1) await store.write({ kind: "leaseGrant", ttlMs: 1_000 });
    const grant = { kind: "leaseGrant", ttlMs: 1_000 } as const;
    await expect(store.write(grant)).rejects.toMatchObject({ code: "resource_exhausted", retryable: true });
    await expect(store.write({ ...set("other"), ttlMs: 1_000 })).rejects.toMatchObject({ code: "resource_exhausted" });
    await store.write({ ...set("own"), ttlMs: 2_000 });
    expect((await store.get({ key: "other" })).entry).toBeUndefined();
    await store.write({ kind: "leaseRevoke", leaseId: 7 });
    expect((await store.write(grant)).leaseId).toBe(limits.leasesMax + 5);
  });
});

describe("as many keys as one command may change", () => {
  const many = async (): Promise<KeyValueStore> => {
    const store = createMemoryKeyValueStore();
    await store.write({ kind: "leaseGrant", ttlMs: 1_000, leaseId: 9 });
    for (let batch = 0; batch < limits.changedKeysMax / 1_000; batch += 1) {
      const success = Array.from({ length: 1_000 }, (_, item) => {
        return { ...set(`k${String(batch * 1_000 + item).padStart(5, "0")}`, ""), leaseId: 9 };
      });
      await store.write({ kind: "transaction", compares: [], success, failure: [] });
    }
    return store;
  };

  test("can be bound to a lease, which can end, and no more", async () => {
    const store = await many();
    await expect(store.write({ ...set("other"), leaseId: 9 })).rejects.toMatchObject({ code: "batch_too_large" });
    await store.write({ ...set("k00000"), leaseId: 9 });
    const { deletedCount } = await store.write({ kind: "leaseRevoke", leaseId: 9 });
    expect(deletedCount).toBe(limits.changedKeysMax);
  });

  test("can be deleted by ranges, those of a transaction together, and no more", async () => {
    const store = await many();
    await store.write(set("other"));
    const range = { kind: "deleteRange", range: everything } as const;
    const halves = ["k", "o"].map((prefix) => ({ kind: "deleteRange", range: { kind: "prefix", prefix } }) as const);
    const head = { kind: "transaction", compares: [], failure: [] } as const;
    for (const command of [range, { ...head, success: halves }] as const) {
      await expect(store.write(command)).rejects.toMatchObject({ code: "batch_too_large" });
      expect((await store.scan({ range: everything, limit: 0 })).count).toBe(limits.changedKeysMax + 1);
    }
    // What is named one by one does not count: there are never many of them.
    await store.write({ ...head, success: [{ kind: "delete", key: "other" }, ...halves.slice(0, 1)] });
    expect((await store.scan({ range: everything, limit: 0 })).count).toBe(0);
  });
});
