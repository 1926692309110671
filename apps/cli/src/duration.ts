import { UsageError } from "./usage-error.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * `500ms`, `10s`, `5m`, `24h`, `7d`, as whole milliseconds. A number without a unit is refused: it has been read as
 * seconds by some and as milliseconds by others often enough.
 * @throws UsageError
 */
export function parseDuration(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const durationMs = Math.round(Number(digits) * (UNITS_MS[unit] ?? Number.NaN));
  if (digits !== "" && Number.isSafeInteger(durationMs) && durationMs > 0) return durationMs;
  throw new UsageError(`"${text}" is no duration; write 500ms, 10s, 5m, 24h or 7d`);
}

/** For people: two significant parts at most. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  const seconds = durationMs / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const wholeSeconds = Math.round(seconds);
  if (wholeSeconds < 60) return `${wholeSeconds} s`;
  const minutes = Math.floor(wholeSeconds / 60);
  if (minutes < 60) return `${minutes} min ${wholeSeconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
