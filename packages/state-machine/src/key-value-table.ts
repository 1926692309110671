import type { KeyValueEntry, Revision } from "@aspenjs/api";

/** The little that commands need of a backend. What a call changed is seen by every later call. */
export interface KeyValueTable {
  get(key: string): KeyValueEntry | undefined;
  /**
   * Creates the entry with `createRevision` = `modRevision` = `revision` and version 1, or changes it: new value, new
   * `modRevision`, version one higher. It is one call, so that a backend need not read before it writes.
   */
  set(key: string, value: Uint8Array, revision: Revision): void;
  /** Whether there was such a key. */
  delete(key: string): boolean;
}
