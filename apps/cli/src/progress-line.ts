import { formatDuration } from "./duration.ts";

export interface TransferState {
  readonly pairs: number;
  readonly bytes: number;
  /** `undefined` for a source whose end nobody knows. */
  readonly bytesTotal: number | undefined;
  readonly elapsedMs: number;
}

const BAR_WIDTH_MAX = 30;
const BAR_WIDTH_MIN = 8;

const grouped = new Intl.NumberFormat("en-US");

/** For counts in prose. Ids are never grouped: they are there to be pasted. */
export function formatCount(count: number): string {
  return grouped.format(Math.round(count));
}

export function ratePerSecond(count: number, elapsedMs: number): number {
  return elapsedMs <= 0 ? 0 : (count * 1_000) / elapsedMs;
}

/** Percent, keys, rate and what is left, for a log. */
export function transferText({ pairs, bytes, bytesTotal, elapsedMs }: TransferState): string {
  const parts = [`${formatCount(pairs)} keys`, `${formatCount(ratePerSecond(pairs, elapsedMs))}/s`];
  if (bytesTotal === undefined || bytesTotal === 0) return parts.join("  ");
  const share = Math.min(1, bytes / bytesTotal);
  parts.unshift(`${String(Math.floor(share * 100)).padStart(3)}%`);
  if (share > 0 && share < 1) parts.push(`ETA ${formatDuration((elapsedMs * (1 - share)) / share)}`);
  return parts.join("  ");
}

/** The same behind a bar, as wide as fits. */
export function progressLine(state: TransferState, columns: number): string {
  const text = transferText(state);
  const { bytes, bytesTotal } = state;
  const width = Math.min(BAR_WIDTH_MAX, columns - text.length - 3);
  if (bytesTotal === undefined || bytesTotal === 0 || width < BAR_WIDTH_MIN) return text.slice(0, columns - 1);
  const filled = Math.round(Math.min(1, bytes / bytesTotal) * width);
  return `${"━".repeat(filled)}${"╌".repeat(width - filled)}  ${text}`;
}
