import type { LogStore } from "@aspenjs/api";

/** What an implementation brings to the acceptance suite. */
export interface LogStoreSubject {
  /** An empty store on a disk of its own. Stores of earlier cases stay as they are, or are closed. */
  open(): Promise<LogStore>;
  /** Closes the store that was opened last, and opens what its disk holds. */
  reopen(): Promise<LogStore>;
}
