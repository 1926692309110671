import type { KeyValueEntry, Revision } from "../key-value-entry.ts";
import type { ScanPage, ScanQuery } from "../read.ts";
import type { WriteResult } from "../write-command.ts";
import type { StateMachine } from "./state-machine.ts";

/** What a command in the log came to. Part of the replicated state: the same on every replica. */
export type CommandResult =
  | { readonly kind: "written"; readonly result: WriteResult }
  | { readonly kind: "sessionOpened"; readonly sessionId: number }
  | { readonly kind: "sessionClosed" }
  /** The session is unknown: never opened, closed, or idle for too long. Whether an earlier try took effect is lost. */
  | { readonly kind: "sessionExpired" }
  /** The sequence number was used with another command, was acknowledged already, or is too far ahead. */
  | { readonly kind: "sequenceRefused"; readonly reason: "reused" | "acknowledged" | "tooFarAhead" };

/** The replicated key-value state and the local questions one may ask it. */
export interface KeyValueStateMachine extends StateMachine<CommandResult> {
  readonly revision: Revision;
  /** Milliseconds of log time: the largest stamp applied so far. */
  readonly logTimeMs: number;
  get(key: string): KeyValueEntry | undefined;
  scan(query: ScanQuery): ScanPage;
  /** BLAKE3 over the whole replicated state in canonical form, as lower-case hex; equal on replicas at equal index. */
  checksum(): Promise<string>;
}
