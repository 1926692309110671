import type { KeyValueEntry } from "../key-value-entry.ts";
import type { KeyValueStore } from "../key-value-store.ts";

/** Nobody else writes to the store while a case runs. Keys that exist before are left alone and do not matter. */
export interface KeyValueStoreSubject {
  readonly store: KeyValueStore;
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();
const SHOWN_BYTES_MAX = 200;

/**
 * A prefix that no earlier case of this or of any other run has used: every case that leaves keys behind has taken a
 * revision, and the prefix holds the revision it began at.
 */
export async function freshPrefix({ store }: KeyValueStoreSubject, topic: string): Promise<string> {
  const { revision } = await store.get({ key: "acceptance/revision" });
  return `acceptance/${topic}/${revision}/`;
}

export function bytes(text: string): Uint8Array {
  return textEncoder.encode(text);
}

export async function setAll({ store }: KeyValueStoreSubject, keys: readonly string[]): Promise<void> {
  await store.write({ kind: "setMulti", pairs: keys.map((key) => ({ key, value: bytes(`value of ${key}`) })) });
}

/** Entries a line each. A store at fault may return megabytes, which a comparison that fails must not try to show. */
export function described(entries: readonly KeyValueEntry[]): string[] {
  return entries.map(({ key, value, createRevision, modRevision, version }) => {
    const shown = value.byteLength > SHOWN_BYTES_MAX ? `${value.byteLength} bytes` : textDecoder.decode(value);
    return `${key} = "${shown}" created at ${createRevision}, changed at ${modRevision}, version ${version}`;
  });
}
