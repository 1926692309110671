import type { KeyValueEntry, ScanPage, ScanQuery, WriteResult } from "@aspenjs/api";
import type { LogAction } from "@aspenjs/protocol";

/** The rules of the store in the fewest words, slow on purpose, and sharing nothing with the code under test. */
export class ReferenceModel {
  revision = 0;
  #entries = new Map<string, KeyValueEntry>();

  apply(action: LogAction): WriteResult {
    switch (action.kind) {
      case "set": {
        const previous = this.#entries.get(action.key);
        this.#put([[action.key, action.value]]);
        return action.returnPrevious ? { kind: "set", revision: this.revision, previous } : this.#plain("set");
      }
      case "setMulti":
        this.#put(action.pairs.map((pair) => [pair.key, pair.value]));
        return this.#plain("setMulti");
      case "delete":
        return this.#remove([action.key], action.returnPrevious);
      case "deleteMulti":
        return this.#remove(action.keys, action.returnPrevious);
      case "compareAndSwap":
      case "compareAndDelete": {
        const actual = this.#entries.get(action.key);
        if (!matches(actual, action.expected)) {
          return { kind: "compare", outcome: "conflict", revision: this.revision, actual };
        }
        if (action.kind === "compareAndSwap") this.#put([[action.key, action.value]]);
        else this.#remove([action.key], false);
        return { kind: "compare", outcome: "ok", revision: this.revision };
      }
      default:
        throw new Error("the model knows no sessions");
    }
  }

  scan({ range, limit, reverse, keysOnly, after }: ScanQuery): ScanPage {
    const isAhead = (key: string): boolean =>
      after === undefined || (reverse ? order(key, after) < 0 : order(key, after) > 0);
    const isIn = (key: string): boolean =>
      range.kind === "prefix"
        ? key.startsWith(range.prefix)
        : order(key, range.start) >= 0 && order(key, range.end) < 0;
    const keys = [...this.#entries.keys()].filter((key) => !key.startsWith("\0") && isIn(key) && isAhead(key));
    keys.sort(order);
    if (reverse) keys.reverse();
    if (limit === 0) return { entries: [], count: keys.length, isTruncated: false };
    const entries = keys.slice(0, limit).map((key) => this.#entry(key, keysOnly));
    return { entries, count: entries.length, isTruncated: keys.length > limit };
  }

  #entry(key: string, keysOnly: boolean): KeyValueEntry {
    const entry = this.#entries.get(key);
    if (entry === undefined) throw new Error("the model lost a key");
    return keysOnly ? { ...entry, value: new Uint8Array() } : entry;
  }

  #plain(kind: "set" | "setMulti"): WriteResult {
    return { kind, revision: this.revision };
  }

  #put(pairs: readonly (readonly [string, Uint8Array])[]): void {
    this.revision += 1;
    for (const [key, value] of pairs) {
      const { createRevision, version } = this.#entries.get(key) ?? { createRevision: this.revision, version: 0 };
      this.#entries.set(key, { key, value, createRevision, modRevision: this.revision, version: version + 1 });
    }
  }

  #remove(keys: readonly string[], returnPrevious = false): WriteResult {
    const previous = keys.flatMap((key) => this.#entries.get(key) ?? []).sort((a, b) => order(a.key, b.key));
    for (const key of keys) this.#entries.delete(key);
    if (previous.length > 0) this.revision += 1;
    const result = { kind: "delete" as const, revision: this.revision, deletedCount: previous.length };
    return returnPrevious ? { ...result, previous } : result;
  }
}

function order(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function matches(
  actual: KeyValueEntry | undefined,
  expected: Extract<LogAction, { kind: "compareAndDelete" }>["expected"],
): boolean {
  if (expected.kind === "absent") return actual === undefined;
  if (actual === undefined) return false;
  if (expected.kind === "value") return Buffer.from(actual.value).equals(expected.value);
  return actual.modRevision === expected.modRevision;
}
