import type { KeyValuePair, KeyValueStore } from "@aspenjs/api";
import { limits } from "../limits.ts";

/** Everything that the store holds, read linearizably. */
export async function readAll(store: KeyValueStore): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  let continuation: string | undefined;
  do {
    const request = { range: { kind: "prefix", prefix: "" }, limit: limits.scanPageEntries } as const;
    const page = await store.scan(continuation === undefined ? request : { ...request, continuation });
    for (const { key, value } of page.entries) found.set(key, value);
    continuation = page.continuation;
  } while (continuation !== undefined);
  return found;
}

/** Pairs that are missing or have another value, and keys that nobody wrote. */
export function countDifferences(pairs: readonly KeyValuePair[], found: ReadonlyMap<string, Uint8Array>): number {
  const wrong = pairs.filter(({ key, value }) => {
    const present = found.get(key);
    return present === undefined || !Buffer.from(value).equals(present);
  }).length;
  const keys = new Set(pairs.map(({ key }) => key));
  const surplus = [...found.keys()].filter((key) => !keys.has(key)).length;
  return wrong + surplus;
}
