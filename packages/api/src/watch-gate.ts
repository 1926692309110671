import { AspenError } from "./aspen-error.ts";
import { assertUserKey, compareKeys } from "./key.ts";
import { limits } from "./limits.ts";
import { assertKeyRange } from "./scan-gate.ts";
import type { WatchFilter, WatchRequest } from "./watch.ts";

/** @throws AspenError `invalid_request`, `key_too_large` */
export function assertWatchRequest({ filter, fromRevision, progressEveryMs }: WatchRequest): void {
  assertWatchFilter(filter);
  if (fromRevision !== undefined && !(Number.isSafeInteger(fromRevision) && fromRevision >= 1)) {
    throw new AspenError("invalid_request", "a watch begins with a revision from 1 on", { details: { fromRevision } });
  }
  assertProgressEvery(progressEveryMs);
}

/** How often whoever waits wants to hear of it. @throws AspenError `invalid_request` */
export function assertProgressEvery(progressEveryMs: number | undefined): void {
  if (progressEveryMs === undefined) return;
  const { watchProgressMsMin: min, watchProgressMsMax: max } = limits;
  if (progressEveryMs >= min && progressEveryMs <= max) return;
  throw new AspenError("invalid_request", `progress is told every ${min} to ${max} ms`, {
    details: { progressEveryMs, min, max },
  });
}

/** @throws AspenError `invalid_request`, `key_too_large` */
export function assertWatchFilter(filter: WatchFilter): void {
  switch (filter.kind) {
    case "key":
      return assertUserKey(filter.key);
    case "prefix":
    case "range":
      return assertKeyRange(filter);
    default:
      throw new AspenError("invalid_request", "a watch is of a key, a prefix or a range");
  }
}

/** Whether a watch with this filter hears of the key. */
export function isWatched(filter: WatchFilter, key: string): boolean {
  switch (filter.kind) {
    case "key":
      return key === filter.key;
    case "prefix":
      return key.startsWith(filter.prefix);
    case "range":
      return compareKeys(key, filter.start) >= 0 && compareKeys(key, filter.end) < 0;
  }
}
