import type { Revision } from "@aspenjs/api";

/** A key as somebody saw it. */
export interface Seen {
  readonly value: string;
  readonly modRevision: Revision;
}

/** All of these keys at one revision; those that were not there are not in `found`. */
export interface Sight {
  readonly keys: readonly string[];
  readonly revision: Revision;
  readonly found: ReadonlyMap<string, Seen>;
}

/** `value` is unlike every other of the history; `undefined` deletes. `revision`: `undefined` when it is not known. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
  readonly revision: Revision | undefined;
}

/** One call of one caller: from when it was made until it was answered, and what the answer said. */
export interface Operation {
  readonly startedMs: number;
  /** Infinity when there was no answer: a change may have taken effect, and may still. */
  readonly endedMs: number;
  readonly change: Change | undefined;
  readonly sight: Sight | undefined;
}
