import type { ReadConsistency } from "@aspenjs/api";

/** Of every query of one command. */
export interface QueryOptions {
  readonly consistency: ReadConsistency;
  /** Milliseconds. */
  readonly timeout: number;
}
