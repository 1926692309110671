import {
  assert,
  type HardState,
  type LogEntry,
  type LogIndex,
  type LogStore,
  type Random,
  type StorageOutcome,
} from "@aspenjs/api";
import type { LogOperation, ModelLog } from "./model-log.ts";
import { blankEntry, membershipEntry } from "./sample-entries.ts";

const ENTRIES_MAX = 160;
const BATCH_ENTRIES_MAX = 12;
const COMMAND_BYTES_MAX = 600;
/** Larger than a page of the database. */
const LARGE_COMMAND_BYTES = 9_000;

/**
 * The next legal operation on `model`: a function of the two arguments alone, so that whoever knows the seed and the
 * start knows the whole history.
 */
export function nextOperation(random: Random, model: ModelLog): LogOperation {
  const { purged, last, committed } = model.state;
  const entryCount = last.index - purged.index;
  const dice = random.below(100);
  if (dice < 4) return { kind: "reset", to: { term: last.term, index: last.index + random.below(20) } };
  if (entryCount > ENTRIES_MAX || (dice < 14 && committed > purged.index)) {
    const bound = Math.max(committed, entryCount > ENTRIES_MAX ? last.index : 0);
    const index = purged.index + 1 + random.below(Math.max(1, bound - purged.index));
    const entry = model.entries.find((candidate) => candidate.index === index);
    if (entry !== undefined) return { kind: "purge", through: { term: entry.term, index } };
  }
  return nextBatch(random, model, dice);
}

function nextBatch(random: Random, model: ModelLog, dice: number): LogOperation {
  const { hardState: before, last, committed } = model.state;
  const isTruncating = dice < 35 && last.index > committed;
  const truncateFrom = isTruncating ? committed + 1 + random.below(last.index - committed) : undefined;
  const isVoting = random.below(4) === 0;
  const hardState = isVoting ? nextHardState(random, before, last.term) : undefined;
  const term = Math.max(last.term, (hardState ?? before).term);
  const first = truncateFrom ?? last.index + 1;
  const entries = Array.from({ length: random.below(BATCH_ENTRIES_MAX + 1) }, (_, offset) =>
    randomEntry(random, term, first + offset),
  );
  const end = first + entries.length - 1;
  const newCommitted =
    random.below(2) === 0 && end > committed ? committed + random.below(end - committed + 1) : undefined;
  return {
    kind: "append",
    batch: {
      entries,
      ...(hardState === undefined ? {} : { hardState }),
      ...(truncateFrom === undefined ? {} : { truncateFrom }),
      ...(newCommitted === undefined ? {} : { committed: newCommitted }),
    },
  };
}

function nextHardState(random: Random, before: HardState, lastTerm: number): HardState {
  const vote = 1 + random.below(5);
  if (before.vote === undefined && random.below(2) === 0) return { term: before.term, vote };
  return { term: Math.max(before.term, lastTerm) + 1, vote: random.below(3) === 0 ? undefined : vote };
}

function randomEntry(random: Random, term: number, index: LogIndex): LogEntry {
  const dice = random.below(40);
  if (dice === 0) return blankEntry(term, index);
  if (dice === 1) return membershipEntry(term, index);
  const byteLength = dice === 2 ? LARGE_COMMAND_BYTES : random.below(COMMAND_BYTES_MAX);
  const command = new Uint8Array(byteLength).fill(random.below(256));
  return { term, index, payload: { kind: "command", command } };
}

export function perform(store: LogStore, operation: LogOperation): Promise<StorageOutcome> {
  if (operation.kind === "append") return store.append(operation.batch);
  return operation.kind === "purge" ? store.purge(operation.through) : store.reset(operation.to);
}

/** Every live entry, read in pages. */
export function readWholeLog(store: LogStore, pageBytesMax = 4_096): readonly LogEntry[] {
  const { purged, last } = store.state;
  const entries: LogEntry[] = [];
  let next = purged.index + 1;
  while (next <= last.index) {
    const outcome = store.read(next, last.index + 1, pageBytesMax);
    assert(outcome.kind === "entries", `reading ${next} gave ${outcome.kind}`);
    assert(outcome.entries.length > 0, "a page of a range that is not empty has at least one entry");
    entries.push(...outcome.entries);
    next += outcome.entries.length;
  }
  return entries;
}
