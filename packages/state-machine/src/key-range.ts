/**
 * Which keys a scan visits, worked out once for every backend.
 *
 * Keys order by their UTF-8 bytes, and that order has two handy facts. The immediate successor of a string is itself
 * followed by U+0000. The first string behind all that start with a prefix is the prefix with its last code point
 * raised by one (over the gap of the surrogates, which no key holds); U+10FFFF cannot be raised, so it is dropped and
 * the one before it is raised.
 *
 * Keys that start with U+0000 belong to the system. They are the lowest keys of all, so a scan never shows them by
 * starting no lower than U+0001. A point read does: whoever names a system key knows what it is.
 */
import { assert, compareKeys, limits, SYSTEM_KEY_PREFIX, type KeyRange, type ScanQuery } from "@aspenjs/api";

/** `lower` is included, `upper` is not; without `upper` the range reaches to the last key. */
export interface KeyBounds {
  readonly lower: string;
  readonly upper: string | undefined;
}

const USER_KEY_LOWEST = "\u0001";
const CODE_POINT_MAX = 0x10_ff_ff;
const SURROGATE_FIRST = 0xd8_00;
const SURROGATE_LAST = 0xdf_ff;

/** The part of the query's range that is still ahead, or nothing when no key can lie in it. */
export function scanBounds(query: ScanQuery): KeyBounds | undefined {
  assert(Number.isSafeInteger(query.limit), "a scan limit is an integer");
  assert(query.limit >= 0 && query.limit <= limits.scanLimitMax, "a scan limit is within its bound");
  const bounds = withoutSystemKeys(rangeBounds(query.range));
  return unlessEmpty(query.after === undefined ? bounds : behind(query.after, query.reverse, bounds));
}

/** The users' keys in the range, or nothing when no key can lie in it. */
export function userKeyBounds(range: KeyRange): KeyBounds | undefined {
  return unlessEmpty(withoutSystemKeys(rangeBounds(range)));
}

function unlessEmpty(bounds: KeyBounds): KeyBounds | undefined {
  return bounds.upper !== undefined && compareKeys(bounds.lower, bounds.upper) >= 0 ? undefined : bounds;
}

function rangeBounds(range: KeyRange): KeyBounds {
  if (range.kind === "range") {
    assertWellFormed(range.start);
    assertWellFormed(range.end);
    return { lower: range.start, upper: range.end };
  }
  assertWellFormed(range.prefix);
  return { lower: range.prefix, upper: prefixEnd(range.prefix) };
}

function withoutSystemKeys({ lower, upper }: KeyBounds): KeyBounds {
  const isAmongSystemKeys = lower === "" || lower.startsWith(SYSTEM_KEY_PREFIX);
  return { lower: isAmongSystemKeys ? USER_KEY_LOWEST : lower, upper };
}

function behind(after: string, isReverse: boolean, { lower, upper }: KeyBounds): KeyBounds {
  assertWellFormed(after);
  if (isReverse) return { lower, upper: upper === undefined || compareKeys(after, upper) < 0 ? after : upper };
  const next = `${after}\u0000`;
  return { lower: compareKeys(next, lower) > 0 ? next : lower, upper };
}

/** The first string behind every string that starts with `prefix`; nothing when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === CODE_POINT_MAX) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  const raised = last + 1 === SURROGATE_FIRST ? SURROGATE_LAST + 1 : last + 1;
  return String.fromCodePoint(...points, raised);
}

function assertWellFormed(text: string): void {
  assert(text.isWellFormed(), "a scan bound must not hold an unpaired surrogate");
}
