/**
 * Ranges of keys, cut to what may be seen of them: from the first key that is visible and in the range to the last. The
 * bounds of what is left are bounds of a prefix, or bounds of the range that lie within one: they say nothing of any other
 * key. One range stays one range, however many prefixes it reaches: it holds whatever lies between them anyway.
 */
import { compareKeys, limits, SYSTEM_KEY_PREFIX, type KeyRange } from "@aspenjs/api";

/** From `start`, included, to `end`, excluded; without an end up to the last key that there can be. */
interface Interval {
  readonly start: string;
  readonly end: string | undefined;
}

const CODE_POINT_MAX = 0x10_ffff;
const FIRST_USER_KEY = "\u0001";
/** Behind every key that has the longest prefix. */
const BEHIND_ALL = String.fromCodePoint(CODE_POINT_MAX).repeat(limits.keyBytesMax / 4 + 1);

/** Which keys may be seen. System keys never are. */
export class VisibleKeys {
  /** In key order, none within another. */
  readonly #prefixes: readonly string[];

  /** Without prefixes every key of every user is visible. */
  constructor(keyPrefixes: readonly string[]) {
    const sorted = (keyPrefixes.length === 0 ? [""] : keyPrefixes).toSorted(compareKeys);
    const apart: string[] = [];
    for (const prefix of sorted) {
      const before = apart.at(-1);
      if (before === undefined || !prefix.startsWith(before)) apart.push(prefix);
    }
    this.#prefixes = apart;
  }

  has(key: string): boolean {
    return !key.startsWith(SYSTEM_KEY_PREFIX) && this.#prefixes.some((prefix) => key.startsWith(prefix));
  }

  /** The range itself when all of it is visible; `undefined` when nothing is. */
  cut(range: KeyRange): KeyRange | undefined {
    const whole = intervalOf(range);
    const parts = this.#prefixes.flatMap((prefix) => intersection(whole, intervalOfPrefix(prefix)));
    const [first] = parts;
    const last = parts.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const start = first.start.startsWith(SYSTEM_KEY_PREFIX) ? FIRST_USER_KEY : first.start;
    const { end } = last;
    if (!isBefore(start, end)) return undefined;
    if (start === whole.start && end === whole.end) return range;
    if (end === endOfPrefix(start) && this.#prefixes.includes(start)) return { kind: "prefix", prefix: start };
    return { kind: "range", start, end: end ?? BEHIND_ALL };
  }
}

function intervalOf(range: KeyRange): Interval {
  return range.kind === "prefix" ? intervalOfPrefix(range.prefix) : range;
}

function intervalOfPrefix(prefix: string): Interval {
  return { start: prefix, end: endOfPrefix(prefix) };
}

/** The first text behind all that start so; nothing when there is none. */
function endOfPrefix(prefix: string): string | undefined {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  const position = codePoints.findLastIndex((codePoint) => codePoint < CODE_POINT_MAX);
  const last = codePoints[position];
  if (last === undefined) return undefined;
  // No text holds the half of a pair.
  const next = last === 0xd7ff ? 0xe000 : last + 1;
  return String.fromCodePoint(...codePoints.slice(0, position), next);
}

function intersection(left: Interval, right: Interval): readonly Interval[] {
  const start = compareKeys(left.start, right.start) < 0 ? right.start : left.start;
  const end = left.end === undefined || isBefore(right.end ?? left.end, left.end) ? right.end : left.end;
  return isBefore(start, end) ? [{ start, end }] : [];
}

function isBefore(start: string, end: string | undefined): boolean {
  return end === undefined || compareKeys(start, end) < 0;
}
