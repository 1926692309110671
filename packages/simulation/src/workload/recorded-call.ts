import type {
  GetMultiResult,
  GetResult,
  KeyRange,
  ReadConsistency,
  ReadFallback,
  ScanResult,
  WriteCommand,
  WriteResult,
} from "@aspenjs/api";

interface ReadCall {
  readonly consistency: ReadConsistency;
  readonly fallback?: ReadFallback;
}

/** What a client asked for. */
export type Call =
  | { readonly kind: "write"; readonly command: WriteCommand }
  | ({ readonly kind: "get"; readonly key: string } & ReadCall)
  | ({ readonly kind: "getMulti"; readonly keys: readonly string[] } & ReadCall)
  | ({
      readonly kind: "scan";
      readonly range: Extract<KeyRange, { readonly kind: "prefix" }>;
      /** The same question as a query. */
      readonly isInSql: boolean;
    } & ReadCall);

export type Answer =
  | { readonly kind: "write"; readonly result: WriteResult }
  | { readonly kind: "get"; readonly result: GetResult }
  | { readonly kind: "getMulti"; readonly result: GetMultiResult }
  | { readonly kind: "scan"; readonly result: ScanResult };

export type CallOutcome =
  | { readonly kind: "answered"; readonly answer: Answer }
  /** An error that says: this has not taken effect and never will. Of a read, any error. */
  | { readonly kind: "refused"; readonly code: string }
  /** An error that leaves it open, or no answer at all. */
  | { readonly kind: "unknown"; readonly code: string };

/** One call of one client, from when it was made until it ended. */
export interface RecordedCall {
  readonly client: string;
  /** Calls of one lane follow one another. */
  readonly lane: string;
  readonly call: Call;
  readonly startedUs: number;
  /** Infinity when the client died first. */
  readonly endedUs: number;
  readonly outcome: CallOutcome;
}

/** A read that promised more than `stale` and came to that: nobody led in time, and its caller had allowed it. */
export function fellBack({ call, outcome }: Pick<RecordedCall, "call" | "outcome">): boolean {
  if (call.kind === "write" || call.fallback === undefined || call.consistency === "stale") return false;
  if (outcome.kind !== "answered" || outcome.answer.kind === "write") return false;
  return outcome.answer.result.consistency === "stale";
}
