import { deepEqual, equal } from "node:assert/strict";
import {
  AssertionFailure,
  type LogEntry,
  type LogIndex,
  type LogReadOutcome,
  type LogStore,
  type StorageOutcome,
} from "@aspenjs/api";
import { readWholeLog } from "./log-workload.ts";
import type { ModelLog } from "./model-log.ts";

/** Plain bytes: a `Buffer` of the same content is the same entry. */
function plain(entry: LogEntry): LogEntry {
  if (entry.payload.kind !== "command") return entry;
  return { ...entry, payload: { kind: "command", command: Uint8Array.from(entry.payload.command) } };
}

export function assertSameEntries(actual: readonly LogEntry[], expected: readonly LogEntry[]): void {
  deepEqual(actual.map(plain), expected.map(plain));
}

export function assertSameLog(store: LogStore, model: ModelLog): void {
  deepEqual(store.state, model.state);
  deepEqual(store.termRuns(), model.termRuns);
  assertSameEntries(readWholeLog(store), model.entries);
}

export async function assertDone(outcome: Promise<StorageOutcome>): Promise<void> {
  deepEqual(await outcome, { kind: "done" });
}

export function entriesOf(outcome: LogReadOutcome): readonly LogEntry[] {
  if (outcome.kind !== "entries") throw new Error(`expected entries, got ${outcome.kind}`);
  return outcome.entries;
}

export function assertIndexes(outcome: LogReadOutcome, expected: readonly LogIndex[]): void {
  deepEqual(
    entriesOf(outcome).map((entry) => entry.index),
    expected,
  );
}

export async function assertIntact(store: LogStore, entryCount: number): Promise<void> {
  deepEqual(await store.verify(), { kind: "intact", entryCount });
}

/** A call that a caller must never make stops with an assertion, at once or through its promise, and changes nothing. */
export async function assertRefused(store: LogStore, call: () => unknown): Promise<void> {
  const before = store.state;
  let failure: unknown;
  try {
    await call();
  } catch (error) {
    failure = error;
  }
  equal(failure instanceof AssertionFailure, true, `expected an assertion, got ${String(failure)}`);
  deepEqual(store.state, before);
}
