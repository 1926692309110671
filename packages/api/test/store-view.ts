import type { KeyValueStore } from "../src/key-value-store.ts";
import { createMemoryKeyValueStore } from "../src/memory/memory-key-value-store.ts";

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

export const everything = { kind: "prefix", prefix: "" } as const;

export const bytes = (text: string): Uint8Array => textEncoder.encode(text);

export const set = (key: string, value = key) => ({ kind: "set", key, value: bytes(value) }) as const;

/** Revision 3 at index 4: a and b are free, c is bound to lease 9, d has lease 4 of its own. */
export async function filled(): Promise<KeyValueStore> {
  const store = createMemoryKeyValueStore();
  await store.write({ kind: "setMulti", pairs: [set("a"), set("b")] });
  await store.write({ kind: "leaseGrant", ttlMs: 1_000, leaseId: 9 });
  await store.write({ ...set("c"), leaseId: 9 });
  await store.write({ ...set("d"), ttlMs: 2_000 });
  return store;
}

/** Every entry as `key=value created/changed/version`, and the number of its lease behind an @. */
export async function shownEntries(store: KeyValueStore): Promise<string> {
  const page = await store.scan({ range: everything });
  return page.entries
    .map(({ key, value, createRevision, modRevision, version, leaseId }) => {
      const lease = leaseId === undefined ? "" : `@${leaseId}`;
      return `${key}=${textDecoder.decode(value)} ${createRevision}/${modRevision}/${version}${lease}`;
    })
    .join(", ");
}

/** Every lease as `number:time`, with its keys. */
export async function shownLeases(store: KeyValueStore): Promise<string> {
  const page = await store.listLeases();
  const shown: string[] = [];
  for (const { leaseId, ttlMs } of page.leases) {
    const { keys } = await store.getLease({ leaseId, keysLimit: 10 });
    shown.push(`${leaseId}:${ttlMs}(${keys.join(" ")})`);
  }
  return shown.join(", ");
}
