/**
 * Keys as a namespace knows them, and as the store does: with a prefix.
 *
 * K1  Every key and every bound that goes to the store starts with the prefix, so that nothing outside is reached, and
 *     a ticket for the prefix is enough.
 * K2  What the store has under the prefix and no namespace could have written – the prefix itself, and what goes on
 *     with U+0000 – is no key of the namespace: no range reaches it.
 * K3  Limits of keys count whole keys. Bounds of ranges may be as long as anywhere: beyond the length of any key they
 *     are cut off, which changes nothing.
 */
import { assert } from "../assert.ts";
import { AspenError } from "../aspen-error.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import { assertUserKey, compareKeys, SYSTEM_KEY_PREFIX, utf8ByteLength } from "../key.ts";
import { limits } from "../limits.ts";
import type { KeyRange } from "../read.ts";
import { assertKeyRange } from "../scan-gate.ts";
import type { KeyChange, WatchFilter } from "../watch.ts";

/** Not above any key that does not start with U+0000. */
const FIRST = "\u0001";
const LAST_CODE_POINT = "\u{10FFFF}";
const LAST_CODE_POINT_BYTES = 4;

export class NamespaceKeys {
  readonly prefix: string;
  /** The range of all keys of the namespace, in the store. */
  readonly everything: KeyRange;
  readonly #prefixBytes: number;

  constructor(prefix: string) {
    this.prefix = prefix;
    this.#prefixBytes = utf8ByteLength(prefix);
    const roomBytes = limits.keyBytesMax - this.#prefixBytes;
    const behindAll = LAST_CODE_POINT.repeat(Math.floor(roomBytes / LAST_CODE_POINT_BYTES) + 1);
    this.everything = { kind: "range", start: prefix + FIRST, end: prefix + behindAll };
  }

  /** @throws AspenError `invalid_request`, `key_too_large` */
  toStore(key: string): string {
    assertUserKey(key);
    const size = this.#prefixBytes + utf8ByteLength(key);
    const max = limits.keyBytesMax;
    if (size <= max) return this.prefix + key;
    const message = `key of ${size} bytes, ${this.#prefixBytes} of them its namespace's, exceeds ${max}`;
    throw new AspenError("key_too_large", message, { details: { size, max } });
  }

  /** @throws AspenError `invalid_request` */
  rangeToStore(range: KeyRange): KeyRange {
    assertKeyRange(range);
    if (range.kind === "range") {
      return {
        kind: "range",
        start: this.#boundToStore(atLeastFirst(range.start)),
        end: this.#boundToStore(range.end),
      };
    }
    if (range.prefix === "") return this.everything;
    const start = this.#boundToStore(range.prefix);
    if (range.prefix.startsWith(SYSTEM_KEY_PREFIX)) return { kind: "range", start, end: start };
    return { kind: "prefix", prefix: start };
  }

  /** @throws AspenError `invalid_request`, `key_too_large` */
  filterToStore(filter: WatchFilter): WatchFilter {
    return filter.kind === "key" ? { kind: "key", key: this.toStore(filter.key) } : this.rangeToStore(filter);
  }

  fromStore(key: string): string {
    assert(key.startsWith(this.prefix), "a namespace is shown its own keys only");
    return key.slice(this.prefix.length);
  }

  entryFromStore(entry: KeyValueEntry): KeyValueEntry {
    return { ...entry, key: this.fromStore(entry.key) };
  }

  changeFromStore(change: KeyChange): KeyChange {
    const before = change.previous === undefined ? {} : { previous: this.entryFromStore(change.previous) };
    return change.kind === "put"
      ? { kind: "put", entry: this.entryFromStore(change.entry), ...before }
      : { kind: "delete", key: this.fromStore(change.key), ...before };
  }

  /** Those of the keys that are in the namespace, as it knows them. */
  ownKeys(keys: readonly string[]): readonly string[] {
    const own = keys.filter((key) => key.startsWith(this.prefix)).map((key) => this.fromStore(key));
    return own.filter((key) => key !== "" && !key.startsWith(SYSTEM_KEY_PREFIX));
  }

  #boundToStore(bound: string): string {
    const whole = this.prefix + bound;
    let excess = utf8ByteLength(whole) - limits.rangeBoundBytesMax;
    let end = whole.length;
    while (excess > 0) {
      const last = whole.codePointAt(end - 2) ?? 0;
      const unitCount = last > 0xffff ? 2 : 1;
      excess -= utf8ByteLength(whole.slice(end - unitCount, end));
      end -= unitCount;
    }
    return whole.slice(0, end);
  }
}

function atLeastFirst(start: string): string {
  return compareKeys(start, FIRST) < 0 ? FIRST : start;
}
