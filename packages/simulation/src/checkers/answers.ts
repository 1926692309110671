import {
  assert,
  type KeyValueEntry,
  type KeyValuePair,
  type ReadLabel,
  type Revision,
  type TransactionCommand,
  type TransactionOperation,
  type TransactionResult,
  type WriteCommand,
  type WriteResult,
} from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import { fellBack, type Answer, type Call, type RecordedCall } from "../workload/recorded-call.ts";
import type { AppliedHistory } from "./applied-history.ts";

interface Seen {
  readonly endedUs: number;
  /** The latest revision that anybody had been told of by then. */
  readonly revision: Revision;
}

interface AnsweredRead {
  readonly call: Exclude<Call, { readonly kind: "write" }>;
  readonly answer: Exclude<Answer, { readonly kind: "write" }>;
  readonly hasFallenBack: boolean;
  /** What was known when it was called. */
  readonly before: Revision;
  readonly who: string;
}

interface ToldEntry {
  readonly key: string;
  readonly entry: KeyValueEntry | undefined;
  readonly at: Revision;
}

/**
 * Every answer is true of the one history: what was acknowledged is in it, what was read stood there at the revision
 * that the answer names, and a read that is called linearizable is not behind what had been answered before it began.
 */
export class Answers implements ClusterObserver {
  readonly name = "answers";
  readonly #history: AppliedHistory;
  /** By end, with the revisions ascending. */
  readonly #seen: Seen[] = [];
  readonly #refused: { readonly lane: string; readonly command: WriteCommand }[] = [];
  #early: AnsweredRead[] = [];
  readCount = 0;
  /** Reads that asked for more than they got, as they had allowed. */
  fallbackCount = 0;
  queryCount = 0;

  constructor(history: AppliedHistory) {
    this.#history = history;
  }

  /**
   * A node may die between applying an entry and saying so here, and answer stale reads from its disk when it is back:
   * those are compared once the entry is written down.
   */
  onCall({ call, outcome, startedUs, endedUs, lane }: RecordedCall): void {
    if (outcome.kind === "refused" && call.kind === "write") this.#refused.push({ lane, command: call.command });
    if (outcome.kind !== "answered") return;
    const { answer } = outcome;
    const { revision } = answer.result;
    const who = `${lane}, ${startedUs} to ${endedUs} us`;
    const before = this.knownBefore(startedUs);
    if (answer.kind === "write" && call.kind === "write") {
      this.#checkWrite(call.command, answer.result, before, who);
    } else if (answer.kind !== "write" && call.kind !== "write") {
      this.#early.push({ call, answer, hasFallenBack: fellBack({ call, outcome }), before, who });
      this.#settle();
    }
    // Only what is linearizable binds others; a stale answer may be of the past.
    const isBinding = answer.kind === "write" || answer.result.consistency !== "stale";
    if (isBinding && revision > (this.#seen.at(-1)?.revision ?? 0)) this.#seen.push({ endedUs, revision });
  }

  /** At the end: nobody has read what never happened. */
  assertSettled(): void {
    this.#settle();
    const [phantom] = this.#early;
    const index = phantom?.answer.result.appliedIndex;
    assert(phantom === undefined, `${phantom?.who}: read as of entry ${index}, which was never applied`);
  }

  #settle(): void {
    const { last } = this.#history;
    const due = this.#early.filter(({ answer }) => answer.result.appliedIndex <= last);
    this.#early = this.#early.filter(({ answer }) => answer.result.appliedIndex > last);
    for (const read of due) this.#checkRead(read);
  }

  /** At the end: what was refused has not taken effect later. */
  assertRefusalsKept(): void {
    const stored = new Set(this.#history.values.map(latin1));
    for (const { lane, command } of this.#refused) {
      for (const { key, value } of offeredValues(command)) {
        assert(!stored.has(latin1(value)), `${lane}: ${key} = ${latin1(value)} was refused, and took effect`);
      }
    }
  }

  #checkWrite(command: WriteCommand, result: WriteResult, before: Revision, who: string): void {
    const { revision } = result;
    if (result.kind === "compare" && result.outcome === "conflict") {
      assert(revision >= before, `${who}: a conflict as of revision ${revision}, after ${before} was known`);
      if (command.kind === "compareAndSwap" || command.kind === "compareAndDelete") {
        this.#assertVersion(command.key, revision, result.actual, who);
      }
      return;
    }
    assert(revision >= before, `${who}: took effect by revision ${revision}, after ${before} was known`);
    for (const key of this.#deletedKeys(command, result)) this.#assertVersion(key, revision, undefined, who);
    for (const { key, entry, at } of this.#entriesTold(command, result)) this.#assertVersion(key, at, entry, who);
    for (const { key, value } of acknowledgedValues(command, result)) {
      const stored = this.#history.versionOf(key, revision);
      assert(
        stored !== undefined && Buffer.compare(stored.value, value) === 0,
        `${who}: ${key} was acknowledged at revision ${revision}, and is not in the history there`,
      );
      assert(
        stored.modRevision > before,
        `${who}: ${key} took revision ${stored.modRevision}, after ${before} was known`,
      );
    }
  }

  /** What the command has left absent. */
  #deletedKeys(command: WriteCommand, result: WriteResult): readonly string[] {
    switch (command.kind) {
      case "delete":
      case "compareAndDelete":
        return [command.key];
      case "deleteMulti":
        return command.keys;
      case "deleteRange":
        assert(command.range.kind === "prefix", "clients delete prefixes");
        return this.#history.keysBehind(command.range.prefix);
      case "transaction":
        return branchOf(command, result).flatMap((operation) => (operation.kind === "delete" ? [operation.key] : []));
      default:
        return [];
    }
  }

  /** What the answer says of keys besides, and at which revision that must have been so. */
  #entriesTold(command: WriteCommand, result: WriteResult): readonly ToldEntry[] {
    const { revision } = result;
    if (command.kind === "set" && result.kind === "set" && command.returnPrevious === true) {
      return [{ key: command.key, entry: result.previous, at: revision - 1 }];
    }
    if (command.kind === "delete" && result.kind === "delete" && command.returnPrevious === true) {
      const at = result.deletedCount > 0 ? revision - 1 : revision;
      return [{ key: command.key, entry: result.previous?.[0], at }];
    }
    if (command.kind !== "transaction" || result.kind !== "transaction") return [];
    return entriesRead(branchOf(command, result), result);
  }

  #checkRead({ call, answer, hasFallenBack, before, who }: AnsweredRead): void {
    const { result } = answer;
    const asked = hasFallenBack ? "stale" : call.consistency;
    this.readCount += 1;
    if (hasFallenBack) this.fallbackCount += 1;
    if (call.kind === "scan" && call.isInSql) this.queryCount += 1;
    assert(result.consistency === asked, `${who}: asked for ${asked}, got ${result.consistency}`);
    this.#assertLabel(result, who);
    const isBehind = result.consistency !== "stale" && result.revision < before;
    assert(!isBehind, `${who}: read at revision ${result.revision}, after ${before} was known`);
    if (answer.kind === "scan") {
      for (const entry of answer.result.entries) this.#assertVersion(entry.key, result.revision, entry, who);
    }
    if (answer.kind === "get" && call.kind === "get") {
      this.#assertVersion(call.key, result.revision, answer.result.entry, who);
    }
    if (answer.kind === "getMulti" && call.kind === "getMulti") {
      for (const [position, key] of call.keys.entries()) {
        this.#assertVersion(key, result.revision, answer.result.entries[position], who);
      }
    }
  }

  /** What is not in a scan is looked for by the checker of linearizability, which knows the range. */
  #assertVersion(key: string, revision: Revision, seen: KeyValueEntry | undefined, who: string): void {
    const stored = this.#history.versionOf(key, revision);
    assert(
      textOf(stored) === textOf(seen),
      `${who}: ${key} was ${textOf(seen)} at revision ${revision}; in the history it is ${textOf(stored)}`,
    );
  }

  #assertLabel({ appliedIndex, revision }: ReadLabel, who: string): void {
    const applied = this.#history.at(appliedIndex)?.revision ?? 0;
    assert(applied === revision, `${who}: entry ${appliedIndex} is labelled revision ${revision}, and is ${applied}`);
  }

  knownBefore(startedUs: number): Revision {
    return this.#seen.findLast(({ endedUs }) => endedUs < startedUs)?.revision ?? 0;
  }
}

function branchOf(command: TransactionCommand, result: WriteResult): readonly TransactionOperation[] {
  return result.kind === "transaction" && result.succeeded ? command.success : command.failure;
}

/** Each operation sees what those before it did, which have the revision of the transaction if it took one. */
function entriesRead(
  branch: readonly TransactionOperation[],
  { results, revision }: TransactionResult,
): readonly ToldEntry[] {
  const hasChanged = results.some((item) => item.kind === "set" || (item.kind === "delete" && item.deletedCount > 0));
  const before = hasChanged ? revision - 1 : revision;
  const changed = new Set<string>();
  const told: ToldEntry[] = [];
  for (const [position, operation] of branch.entries()) {
    const item = results[position];
    if (operation.kind === "get" && item?.kind === "get") {
      told.push({ key: operation.key, entry: item.entry, at: changed.has(operation.key) ? revision : before });
    }
    if (operation.kind === "set" || operation.kind === "delete") changed.add(operation.key);
  }
  return told;
}

/** What the command sets, if all goes well; of a transaction whatever either branch sets. */
function offeredValues(command: WriteCommand): readonly KeyValuePair[] {
  switch (command.kind) {
    case "set":
    case "compareAndSwap":
      return [command];
    case "setMulti":
      return command.pairs;
    case "transaction":
      return [...command.success, ...command.failure].filter((operation) => operation.kind === "set");
    default:
      return [];
  }
}

function acknowledgedValues(command: WriteCommand, result: WriteResult): readonly KeyValuePair[] {
  if (command.kind !== "transaction" || result.kind !== "transaction") return offeredValues(command);
  return branchOf(command, result).filter((operation) => operation.kind === "set");
}

function latin1(value: Uint8Array): string {
  return Buffer.from(value).toString("latin1");
}

function textOf(entry: KeyValueEntry | undefined): string {
  if (entry === undefined) return "absent";
  const { value, createRevision, modRevision, version, leaseId } = entry;
  const lease = leaseId === undefined ? "" : `, of lease ${leaseId}`;
  return `${latin1(value)} of revision ${modRevision}, version ${version} since ${createRevision}${lease}`;
}
