import type { ReadConsistency, ReadLabel } from "@aspenjs/api";
import type { Invocation } from "./invocation.ts";

/** A line for people who asked for more than a fallback could give. */
export function hintIfStale(
  invocation: Invocation,
  asked: ReadConsistency,
  { consistency, revision }: ReadLabel,
): void {
  if (consistency !== "stale" || asked === "stale") return;
  invocation.hint(`aspen: stale: no leader answered in time; this is what one node had, at revision ${revision}`);
}
