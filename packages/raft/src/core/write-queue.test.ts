import { HARD_STATE_ZERO, LOG_ID_ZERO, type LogState } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import type { LogOperation } from "./effect.ts";
import { RaftLog } from "./raft-log.ts";
import { WriteQueue } from "./write-queue.ts";

interface Queue {
  readonly log: RaftLog;
  readonly writes: WriteQueue;
}

function queue(): Queue {
  const state: LogState = { hardState: HARD_STATE_ZERO, purged: LOG_ID_ZERO, last: LOG_ID_ZERO, committed: 0 };
  const log = new RaftLog({ read: () => ({ kind: "entries", entries: [] }) }, state, []);
  return { log, writes: new WriteQueue(log) };
}

function append({ log, writes }: Queue, term: number): void {
  log.append(term, { kind: "blank" });
  writes.noteAppended();
}

function truncate({ log, writes }: Queue, from: number): void {
  log.truncate(from);
  writes.noteTruncated(from);
}

function operations({ writes }: Queue): readonly LogOperation[] {
  return writes.take().map(({ operation }) => operation);
}

describe("gathering", () => {
  test("one step's changes are one write: truncation, entries, term and vote, and the commit hint", () => {
    const subject = queue();
    append(subject, 1);
    append(subject, 1);
    subject.writes.take();
    truncate(subject, 2);
    append(subject, 2);
    subject.writes.setHardState({ term: 2, vote: 3 });
    subject.writes.noteCommitted(1);
    const [operation, ...others] = operations(subject);
    expect(others).toEqual([]);
    expect(operation).toMatchObject({
      kind: "write",
      batch: { hardState: { term: 2, vote: 3 }, truncateFrom: 2, committed: 1, entries: [{ index: 2, term: 2 }] },
    });
  });

  test("what was appended and taken back in one step is not written", () => {
    const subject = queue();
    append(subject, 1);
    append(subject, 1);
    truncate(subject, 2);
    append(subject, 2);
    const [operation] = operations(subject);
    expect(operation).toMatchObject({
      batch: {
        entries: [
          { index: 1, term: 1 },
          { index: 2, term: 2 },
        ],
      },
    });
  });

  test("a commit hint alone is worth no write, and rides with the next one", () => {
    const subject = queue();
    append(subject, 1);
    subject.writes.take();
    subject.writes.noteCommitted(1);
    expect(operations(subject)).toEqual([]);
    append(subject, 1);
    expect(operations(subject)).toMatchObject([{ batch: { committed: 1 } }]);
  });

  test("a purge goes behind the entries of its step (R5)", () => {
    const subject = queue();
    append(subject, 1);
    subject.writes.take();
    append(subject, 1);
    subject.writes.purge(1);
    expect(operations(subject).map(({ kind }) => kind)).toEqual(["write", "purge"]);
  });

  test("a reset takes entries, truncation, purge and hint of its step with it, but no term or vote (R1)", () => {
    const subject = queue();
    append(subject, 1);
    subject.writes.take();
    append(subject, 1);
    subject.writes.setHardState({ term: 4, vote: undefined });
    subject.writes.noteCommitted(2);
    subject.writes.purge(1);
    subject.writes.reset({ term: 3, index: 7 });
    expect(operations(subject)).toEqual([
      { kind: "write", batch: { entries: [], hardState: { term: 4, vote: undefined } } },
      { kind: "reset", to: { term: 3, index: 7 } },
    ]);
  });
});

describe("what an effect waits for", () => {
  test("acknowledgements wait for the latest write, promises for the latest term and vote (R1, R10)", () => {
    const subject = queue();
    expect([subject.writes.sequenceToAwait(), subject.writes.hardStateSequenceToAwait()]).toEqual([0, 0]);
    subject.writes.setHardState({ term: 1, vote: 1 });
    expect([subject.writes.sequenceToAwait(), subject.writes.hardStateSequenceToAwait()]).toEqual([1, 1]);
    subject.writes.take();
    append(subject, 1);
    expect([subject.writes.sequenceToAwait(), subject.writes.hardStateSequenceToAwait()]).toEqual([2, 1]);
    subject.writes.take();
    subject.writes.complete(1);
    expect([subject.writes.sequenceToAwait(), subject.writes.hardStateSequenceToAwait()]).toEqual([2, 0]);
    subject.writes.complete(2);
    expect(subject.writes.sequenceToAwait()).toBe(0);
  });
});

describe("completions (R10)", () => {
  test("say how far the log is durable, one by one or several at once", () => {
    const subject = queue();
    for (let count = 0; count < 3; count += 1) {
      append(subject, 1);
      subject.writes.take();
    }
    expect(subject.writes.complete(1)).toEqual({ term: 1, index: 1 });
    expect(subject.writes.complete(3)).toEqual({ term: 1, index: 3 });
    expect(subject.writes.hasOutstanding).toBe(false);
  });

  test("a write of an entry that was overwritten since confirms nothing (catalogue 18)", () => {
    const subject = queue();
    append(subject, 1);
    subject.writes.take();
    append(subject, 1);
    subject.writes.take();
    truncate(subject, 2);
    append(subject, 2);
    subject.writes.take();
    expect(subject.writes.complete(2)).toEqual({ term: 1, index: 1 });
    expect(subject.writes.complete(3)).toEqual({ term: 2, index: 2 });
  });

  test("come once and in order (S2, catalogue 17)", () => {
    const subject = queue();
    append(subject, 1);
    subject.writes.take();
    append(subject, 1);
    subject.writes.take();
    subject.writes.complete(2);
    expect(() => subject.writes.complete(1)).toThrow("once, in order");
    expect(() => subject.writes.complete(2)).toThrow("once, in order");
    expect(() => subject.writes.complete(3)).toThrow("once, in order");
  });
});
