import { assert, type LogEntry, type LogState } from "@aspenjs/api";
import { decodeEntry, encodeEntry } from "../entry-codec.ts";

/** Operations that a writer has under way at most: how far the disk may be ahead of what was acknowledged. */
export const OPERATIONS_IN_FLIGHT_MAX = 6;

/** What a writer process says, one line of JSON each, in this order. */
export type WriterMessage =
  /** What the store held when it opened; entries as base64 of their encoding. */
  | { readonly kind: "opened"; readonly state: LogState; readonly entries: readonly string[] }
  /** So many operations of this life are durable. */
  | { readonly kind: "acknowledged"; readonly count: number }
  | { readonly kind: "failed"; readonly reason: string };

export function formatMessage(message: WriterMessage): string {
  return JSON.stringify(message);
}

export function parseMessage(line: string): WriterMessage {
  const message: unknown = JSON.parse(line);
  assert(isWriterMessage(message), `a writer said ${line}`);
  if (message.kind !== "opened") return message;
  // Text leaves out what is undefined; the state has the key all the same.
  const { term, vote } = message.state.hardState;
  return { ...message, state: { ...message.state, hardState: { term, vote } } };
}

/** Both ends are of one version, and the writer is ours: the kind says the rest. */
function isWriterMessage(value: unknown): value is WriterMessage {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return value.kind === "opened" || value.kind === "acknowledged" || value.kind === "failed";
}

export function packEntries(entries: readonly LogEntry[]): readonly string[] {
  return entries.map((entry) => Buffer.from(encodeEntry(entry)).toString("base64"));
}

export function unpackEntries(packed: readonly string[]): readonly LogEntry[] {
  return packed.map((text) => decodeEntry(Buffer.from(text, "base64")));
}
