import { unreachable, type EntryPayload, type LogEntry, type StorageFault } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { decodeLogCommand, logCommandActionBytes, type LogCommand } from "@aspenjs/protocol";
import { actionDigest } from "./session.ts";

/** An entry whose command has been read, so that nothing about it can fail while it is applied. */
export interface DecodedEntry {
  readonly term: number;
  readonly index: number;
  readonly payload: DecodedPayload;
}

export type DecodedPayload =
  | Exclude<EntryPayload, { kind: "command" }>
  | {
      readonly kind: "command";
      readonly command: LogCommand;
      /** Of the action alone; 0 for a command outside of a session, which nobody compares. */
      readonly digest: number;
    };

export type DecodeEntriesOutcome =
  | { readonly kind: "decoded"; readonly entries: readonly DecodedEntry[] }
  | { readonly kind: "fault"; readonly fault: StorageFault };

/**
 * Reads all commands of a batch before the first is applied: one that does not decode stops the replica with nothing
 * of its batch applied. To skip it would be to guess, and to differ from a replica that can read it.
 */
export function decodeEntries(entries: readonly LogEntry[]): DecodeEntriesOutcome {
  const decoded: DecodedEntry[] = [];
  for (const { term, index, payload } of entries) {
    try {
      decoded.push({ term, index, payload: decodePayload(payload) });
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause;
      const message = `the command at log index ${index} cannot be read: ${cause.message}`;
      return { kind: "fault", fault: { code: "corrupt", message, cause } };
    }
  }
  return { kind: "decoded", entries: decoded };
}

function decodePayload(payload: EntryPayload): DecodedPayload {
  switch (payload.kind) {
    case "blank":
    case "membership":
      return payload;
    case "command": {
      const command = decodeLogCommand(payload.command);
      const digest = command.session === undefined ? 0 : actionDigest(logCommandActionBytes(payload.command));
      return { kind: "command", command, digest };
    }
    default:
      return unreachable(payload);
  }
}
