import type { KeyValueEntry } from "../key-value-entry.ts";
import type { KeyValueStore } from "../key-value-store.ts";

/** Nobody else writes to the store while a case runs. Keys and leases that exist before are left alone. */
export interface KeyValueStoreSubject {
  readonly store: KeyValueStore;
  /** Bytes that the store puts before every key, as a namespace does: they count wherever keys do. Default 0. */
  readonly keyPrefixBytes?: number;
  /** Lets the time by which leases run go on: with a real store by waiting, with a clock by setting it forward. */
  pass(durationMs: number): Promise<void>;
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();
const SHOWN_BYTES_MAX = 200;

/**
 * A prefix that no earlier case of this or of any other run has used: every case that leaves keys behind has taken a
 * revision, and the prefix holds the revision it began at.
 */
export async function freshPrefix({ store }: Pick<KeyValueStoreSubject, "store">, topic: string): Promise<string> {
  const { revision } = await store.get({ key: "acceptance/revision" });
  return `acceptance/${topic}/${revision}/`;
}

/** How much of a limit this start of a key takes. It is ASCII. */
export function countedLength({ keyPrefixBytes = 0 }: KeyValueStoreSubject, prefix: string): number {
  return keyPrefixBytes + prefix.length;
}

export function bytes(text: string): Uint8Array {
  return textEncoder.encode(text);
}

export async function setAll({ store }: Pick<KeyValueStoreSubject, "store">, keys: readonly string[]): Promise<void> {
  await store.write({ kind: "setMulti", pairs: keys.map((key) => ({ key, value: bytes(`value of ${key}`) })) });
}

/** Entries a line each. A store at fault may return megabytes, which a comparison that fails must not try to show. */
export function described(entries: readonly (KeyValueEntry | undefined)[]): string[] {
  return entries.map((entry) => {
    if (entry === undefined) return "nothing";
    const { key, value, createRevision, modRevision, version, leaseId } = entry;
    const shown = value.byteLength > SHOWN_BYTES_MAX ? `${value.byteLength} bytes` : textDecoder.decode(value);
    const revisions = `created at ${createRevision}, changed at ${modRevision}, version ${version}`;
    return `${key} = "${shown}" ${revisions}${leaseId === undefined ? "" : `, bound to lease ${leaseId}`}`;
  });
}

export function keysOf(entries: readonly KeyValueEntry[]): string[] {
  return entries.map((entry) => entry.key);
}

/** Which of the keys exist. */
export async function presentKeys(
  { store }: Pick<KeyValueStoreSubject, "store">,
  keys: readonly string[],
): Promise<string[]> {
  const { entries } = await store.getMulti({ keys });
  return keysOf(entries.filter((entry) => entry !== undefined));
}
