import { encodeRow } from "@aspenjs/codec";
import { createBLAKE3 } from "hash-wasm";
import { expect, test } from "vitest";
import { canonicalRows, type CanonicalState } from "./canonical-state.ts";
import { stateChecksum } from "./state-checksum.ts";
import { membershipOf } from "./testing/log-script.ts";

const entry = (key: string, text: string) => ({
  key,
  value: new TextEncoder().encode(text),
  createRevision: 1,
  modRevision: 1,
  version: 1,
});

const stateWith = (revision: number): CanonicalState["state"] => ({
  lastApplied: { term: 1, index: revision },
  membership: { logId: { term: 1, index: 1 }, membership: membershipOf([1]) },
  revision,
  logTimeMs: 7,
  sessions: [{ sessionId: 9, lastUsedMs: 5, acknowledgedThrough: 1, results: [] }],
  leases: { leases: [{ leaseId: 7, ttlMs: 100, deadlineMs: 300, isOwnedByKey: false }], extendedAtMs: 0 },
  changes: [{ revision, logTimeMs: 7, content: encodeRow([]) }],
});

test("it is the digest of the digests of the canonical rows", async () => {
  const [entries, state] = [[entry("a", "1"), entry("b", "2")], stateWith(1)];
  const hasher = await createBLAKE3();
  const digests = [...canonicalRows(entries, state)].map(({ row }) =>
    hasher.init().update(encodeRow(row())).digest("binary"),
  );
  hasher.init();
  for (const digest of digests) hasher.update(digest);
  expect(await stateChecksum(entries, state)).toBe(hasher.digest("hex"));
});

test("with digests that are remembered it is the same, and follows whatever is replaced", async () => {
  const known = new WeakMap<object, Uint8Array>();
  const kept = entry("a", "1");
  const seen = new Set<string>();
  for (const [text, revision] of [
    ["2", 1],
    ["2", 1],
    ["3", 1],
    ["3", 2],
  ] as const) {
    const [entries, state] = [[kept, entry("b", text)], stateWith(revision)];
    const checksum = await stateChecksum(entries, state, known);
    expect(checksum).toBe(await stateChecksum(entries, state));
    seen.add(checksum);
  }
  expect(seen.size).toBe(3);
  const [entries, state] = [[kept, entry("b", "2")], stateWith(1)];
  const first = await stateChecksum(entries, state, known);
  expect([await stateChecksum(entries, state, known), await stateChecksum(entries, state)]).toEqual([first, first]);
  expect(await stateChecksum([entry("b", "3"), kept], stateWith(2), known)).not.toBe(
    await stateChecksum([kept, entry("b", "3")], stateWith(2), known),
  );
});
