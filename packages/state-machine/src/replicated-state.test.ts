import type { KeyValueEntry, TransactionOperation } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { MemoryTable } from "./memory/memory-table.ts";
import { ReplicatedState } from "./replicated-state.ts";
import { boundSet, plainSet, prefixOf, rangeDeletion, transactionOf } from "./testing/commands.ts";

/** Commands that no gate lets pass come to something all the same: what the state says then must still be true. */
class Subject {
  readonly table = new MemoryTable();
  readonly state = new ReplicatedState();

  run(...operations: readonly TransactionOperation[]): void {
    const command = { logTimeMs: 1_000, action: transactionOf(...operations) };
    const index = this.state.lastApplied.index + 1;
    this.state.apply({ term: 1, index, payload: { kind: "command", command, digest: 0 } }, this.table);
  }

  entry(key: string): KeyValueEntry {
    const entry = this.table.get(key);
    if (entry === undefined) throw new Error(`${key} is not there`);
    return entry;
  }

  changesAt(revision: number): unknown {
    const page = this.state.history.changesFrom(revision, 0);
    return page.kind === "changes" ? page.revisions[0]?.changes : page;
  }
}

describe("H2: a key that one command changes more than once", () => {
  test("is one change, from what it held before the command to what it holds after", () => {
    const subject = new Subject();
    subject.run(plainSet("k", "old"));
    const old = subject.entry("k");
    subject.run(plainSet("k", "between"), plainSet("k", "last"));
    expect(subject.changesAt(2)).toEqual([{ kind: "put", entry: subject.entry("k"), previous: old }]);
    const last = subject.entry("k");
    subject.run(rangeDeletion(prefixOf("k")), plainSet("k", "again"));
    expect(subject.entry("k")).toMatchObject({ createRevision: 3, version: 1 });
    expect(subject.changesAt(3)).toEqual([{ kind: "put", entry: subject.entry("k"), previous: last }]);
    const again = subject.entry("k");
    subject.run(plainSet("k"), plainSet("j"), rangeDeletion(prefixOf("k")));
    expect(subject.changesAt(4)).toEqual([
      { kind: "put", entry: subject.entry("j") },
      { kind: "delete", key: "k", previous: again },
    ]);
  });

  test("is none when the key came and went, though the revision moves", () => {
    const subject = new Subject();
    subject.run(plainSet("k"), { kind: "delete", key: "k" });
    expect([subject.state.revision, subject.state.history.firstRevision]).toEqual([1, 1]);
    expect(subject.changesAt(1)).toEqual([]);
  });

  test("H3: leaves nothing when the command is refused in the end", () => {
    const subject = new Subject();
    subject.run(plainSet("k"), plainSet("k"), boundSet("k", 99));
    expect([subject.state.revision, subject.state.history.lastRevision]).toEqual([0, 0]);
  });
});
