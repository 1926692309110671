import { limits, type KeyRange } from "@aspenjs/api";
import { UsageError } from "./usage-error.ts";

/** Above every key: more of the highest code point than fit into one. */
const BEHIND_ALL_KEYS = "\u{10FFFF}".repeat(Math.floor(limits.keyBytesMax / 4) + 1);

/** @throws UsageError */
export function keyRangeOf(prefix: string | undefined, start: string | undefined, end: string | undefined): KeyRange {
  if (start === undefined && end === undefined) return { kind: "prefix", prefix: prefix ?? "" };
  if (prefix !== undefined) throw new UsageError("give a prefix, or --start and --end, but not both");
  return { kind: "range", start: start ?? "", end: end ?? BEHIND_ALL_KEYS };
}
