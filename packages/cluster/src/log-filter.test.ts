import {
  compareKeys,
  limits,
  type Compare,
  type KeyRange,
  type LogAction,
  type LogEntry,
  type LogRecord,
  type TransactionOperation,
} from "@aspenjs/api";
import { decodeLogTell, encodeLogCommand, encodeLogTell } from "@aspenjs/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogFilter, recordOf } from "./log-filter.ts";

/** A name that says where it lies, and a mark that occurs nowhere else. */
interface Marked {
  readonly text: string;
  readonly mark: string;
}

interface Draw {
  readonly action: LogAction;
  /** Of keys, each with the value that goes with it. */
  readonly points: readonly Marked[];
  readonly bounds: readonly Marked[];
}

const letters = fc.array(fc.constantFrom("a", "b", "c", "/"), { maxLength: 3 }).map((list) => list.join(""));
const prefixes = fc.array(letters, { minLength: 1, maxLength: 3 });

/** Builds actions from a source of random choices, with marks that are counted through. */
class ActionDraw {
  readonly points: Marked[] = [];
  readonly bounds: Marked[] = [];
  readonly #gen: fc.GeneratorValue;
  #marks = 0;

  constructor(gen: fc.GeneratorValue) {
    this.#gen = gen;
  }

  draw(): Draw {
    const kind = this.#gen(() =>
      fc.constantFrom("set", "delete", "swap", "drop", "pairs", "keys", "range", "transaction"),
    );
    const action = this.#actionOf(kind);
    return { action, points: this.points, bounds: this.bounds };
  }

  #actionOf(kind: string): LogAction {
    switch (kind) {
      case "set":
      case "delete":
        return this.#point(kind);
      case "swap":
        return { kind: "compareAndSwap", ...this.#pair(), expected: { kind: "absent" } };
      case "drop": {
        const { key, value } = this.#pair();
        return { kind: "compareAndDelete", key, expected: { kind: "value", value } };
      }
      case "pairs":
        return { kind: "setMulti", pairs: this.#list(() => this.#pair(), 1) };
      case "keys":
        return { kind: "deleteMulti", keys: this.#list(() => this.#pair().key, 1) };
      case "range":
        return { kind: "deleteRange", range: this.#range() };
      default:
        return {
          kind: "transaction",
          compares: this.#list(() => this.#compare(), 1),
          success: this.#list(() => this.#operation(), 0),
          // A range beside keys may change one of them twice, which no gate lets pass.
          failure: this.#list((): TransactionOperation => ({ kind: "deleteRange", range: this.#range() }), 0),
        };
    }
  }

  #point(kind: "set" | "delete"): LogAction {
    const { key, value } = this.#pair();
    return kind === "set" ? { kind, key, value } : { kind, key };
  }

  #operation(): TransactionOperation {
    const kind = this.#gen(() => fc.constantFrom("get", "set", "delete", "scan"));
    if (kind === "scan") return { kind, range: this.#range(), limit: 7 };
    const { key, value } = this.#pair();
    if (kind === "set") return { kind, key, value };
    return kind === "get" ? { kind, key } : { kind: "delete", key };
  }

  #compare(): Compare {
    const { key, value } = this.#pair();
    if (this.#gen(() => fc.boolean())) return { key, target: "value", operator: "=", value };
    return { key, target: "version", operator: ">", number: 3 };
  }

  #range(): KeyRange {
    if (this.#gen(() => fc.boolean())) return { kind: "prefix", prefix: this.#bound() };
    return { kind: "range", start: this.#bound(), end: this.#bound() };
  }

  #list<Item>(make: () => Item, countMin: number): Item[] {
    return Array.from({ length: this.#gen(() => fc.integer({ min: countMin, max: 4 })) }, make);
  }

  /** The value holds the mark of its key: it is as secret. */
  #pair(): { readonly key: string; readonly value: Uint8Array } {
    const { text, mark } = this.#marked();
    this.points.push({ text, mark });
    return { key: text, value: new TextEncoder().encode(`value ${mark}`) };
  }

  /** With a mark, or without one: what has one is rarely a prefix of anything. */
  #bound(): string {
    if (this.#gen(() => fc.boolean())) return this.#gen(() => letters);
    const marked = this.#marked();
    this.bounds.push(marked);
    return marked.text;
  }

  #marked(): Marked {
    this.#marks += 1;
    const mark = `<${this.#marks}>`;
    return { text: `${this.#gen(() => letters)}${mark}`, mark };
  }
}

function entryOf(action: LogAction): LogEntry {
  const session = { sessionId: 5, sequence: 6, acknowledgedThrough: 0 };
  const isOwn = ["openSession", "renewLeases", "expireLeases", "extendLeases"].includes(action.kind);
  const command = encodeLogCommand({ logTimeMs: 9, action, ...(isOwn ? {} : { session }) });
  return { index: 7, term: 2, payload: { kind: "command", command } };
}

function bytesOf(record: LogRecord): Buffer {
  return Buffer.from(encodeLogTell({ kind: "record", record }));
}

describe("what a subscriber is told of an entry", () => {
  test("L1: nothing outside of the prefixes is in the bytes, and everything within is", () => {
    let told = 0;
    fc.assert(
      fc.property(prefixes, fc.gen(), (keyPrefixes, gen) => {
        const { action, points, bounds } = new ActionDraw(gen).draw();
        const isVisible = ({ text }: Marked) => keyPrefixes.some((prefix) => text.startsWith(prefix));
        const view = new LogFilter(keyPrefixes).view(recordOf(entryOf(action)));
        const seen = points.filter(isVisible);
        if (view === undefined) {
          expect(seen).toEqual([]);
          return;
        }
        told += 1;
        const bytes = bytesOf(view);
        expect(decodeLogTell(bytes)).toEqual({ kind: "record", record: view });
        for (const { mark } of seen) expect(bytes.includes(mark)).toBe(true);
        for (const { text, mark } of [...points, ...bounds].filter((place) => !isVisible(place))) {
          expect(bytes.includes(mark), `${text} of ${keyPrefixes.join()}`).toBe(false);
        }
        if (!points.every(isVisible)) expect(view).toMatchObject({ isPartial: true });
      }),
      // Draws of `gen` hardly get smaller, and take minutes to find that out.
      { numRuns: 5_000, endOnFailure: true },
    );
    expect(told).toBeGreaterThan(1_000);
  });

  test("a command that lies within is told as it is, and so is every command without prefixes", () => {
    fc.assert(
      fc.property(fc.gen(), (gen) => {
        const { action } = new ActionDraw(gen).draw();
        const record = recordOf(entryOf(action));
        expect(record).toEqual({
          index: 7,
          term: 2,
          kind: "command",
          logTimeMs: 9,
          write: { sessionId: 5, sequence: 6 },
          action,
          isPartial: false,
        });
        expect(new LogFilter([]).view(record)).toEqual(record);
      }),
      { numRuns: 1_000, endOnFailure: true },
    );
    const action: LogAction = { kind: "deleteRange", range: { kind: "range", start: "a/b", end: "a/c" } };
    expect(new LogFilter(["a/"]).view(recordOf(entryOf(action)))).toMatchObject({ action, isPartial: false });
  });

  test("L2: with prefixes, what names no key is told to nobody", () => {
    const actions: LogAction[] = [
      { kind: "openSession" },
      { kind: "closeSession" },
      { kind: "leaseGrant", ttlMs: 1_000 },
      { kind: "leaseRevoke", leaseId: 3 },
      { kind: "renewLeases", leaseIds: [3] },
      { kind: "expireLeases", leaseIds: [3] },
      { kind: "extendLeases" },
    ];
    const membership = {
      voters: [1],
      outgoingVoters: [],
      learners: [],
      nodes: [{ nodeId: 1, peerId: "p", addresses: [] }],
    };
    const entries: LogEntry[] = [
      ...actions.map(entryOf),
      { index: 8, term: 2, payload: { kind: "blank" } },
      { index: 9, term: 2, payload: { kind: "membership", membership } },
    ];
    for (const entry of entries) {
      const record = recordOf(entry);
      expect(new LogFilter([]).view(record)).toEqual(record);
      for (const prefix of ["", "a"]) expect(new LogFilter([prefix]).view(record)).toBeUndefined();
    }
  });

  test("L3: system keys are told to nobody, beside others or alone", () => {
    const value = new Uint8Array([1]);
    const mixed: LogAction = {
      kind: "setMulti",
      pairs: [
        { key: "\u0000s", value },
        { key: "a", value },
      ],
    };
    for (const keyPrefixes of [[], [""], ["\u0000", "a"]]) {
      const filter = new LogFilter(keyPrefixes);
      expect(filter.view(recordOf(entryOf({ kind: "delete", key: "\u0000s" })))).toBeUndefined();
      expect(filter.view(recordOf(entryOf(mixed)))).toMatchObject({
        action: { kind: "setMulti", pairs: [{ key: "a", value }] },
        isPartial: true,
      });
    }
  });

  test("the largest transaction fits its frame, however its ranges were cut", () => {
    const prefix = (letter: string) => letter.repeat(limits.keyBytesMax - 4);
    const keyPrefixes = [prefix("b"), prefix("y")];
    const value = new Uint8Array(limits.valueBytesMax - 2 * limits.keyBytesMax);
    const sets = Array.from({ length: 7 }, (_, item) => ({
      kind: "set" as const,
      key: `${prefix("b")}${item}`,
      value,
    }));
    const range: KeyRange = { kind: "prefix", prefix: "" };
    const scan = { kind: "scan" as const, range, limit: 1 };
    const action: LogAction = {
      kind: "transaction",
      compares: [{ key: prefix("b"), target: "value", operator: "=", value }],
      success: Array.from({ length: limits.transactionItemsMax - 8 }, () => scan),
      failure: sets,
    };
    const view = new LogFilter(keyPrefixes).view(recordOf(entryOf(action)));
    expect(view).toMatchObject({ isPartial: true });
    expect(view === undefined ? 0 : bytesOf(view).byteLength).toBeGreaterThan(limits.commandBytesMax + 1_900_000);
    const cut = view?.kind === "command" && view.action.kind === "transaction" ? view.action.success[0] : undefined;
    expect(
      cut?.kind === "scan" && cut.range.kind === "range" && compareKeys(cut.range.start, cut.range.end),
    ).toBeLessThan(0);
  });
});
