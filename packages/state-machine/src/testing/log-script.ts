import type { LogEntry, Membership, NodeId, WriteCommand } from "@aspenjs/api";
import { encodeLogCommand, type LogAction, type SessionReference } from "@aspenjs/protocol";

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

export function bytesOf(text: string): Uint8Array {
  return textEncoder.encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return textDecoder.decode(bytes);
}

/** A log in the making: gives every entry the next index, and every command a log time. */
export class LogScript {
  readonly entries: LogEntry[] = [];
  term = 1;
  logTimeMs = 1_000;

  get nextIndex(): number {
    return this.entries.length + 1;
  }

  blank(): LogEntry {
    return this.#append({ kind: "blank" });
  }

  command(action: LogAction, session?: SessionReference): LogEntry {
    const command = { logTimeMs: this.logTimeMs, action, ...(session === undefined ? {} : { session }) };
    return this.#append({ kind: "command", command: encodeLogCommand(command) });
  }

  /** Bytes that are no command. */
  garbage(): LogEntry {
    return this.#append({ kind: "command", command: new Uint8Array([0xff, 0x00]) });
  }

  set(key: string, value: string): LogEntry {
    return this.command({ kind: "set", key, value: bytesOf(value) });
  }

  sets(keys: readonly string[]): LogEntry[] {
    return keys.map((key) => this.set(key, `value of ${key}`));
  }

  write(command: WriteCommand): LogEntry {
    return this.command(command);
  }

  membership(voters: readonly NodeId[]): LogEntry {
    return this.#append({ kind: "membership", membership: membershipOf(voters) });
  }

  /** The entries behind an index: what a replica that has applied up to there still needs. */
  after(index: number): readonly LogEntry[] {
    return this.entries.slice(index);
  }

  #append(payload: LogEntry["payload"]): LogEntry {
    const entry: LogEntry = { term: this.term, index: this.nextIndex, payload };
    this.entries.push(entry);
    return entry;
  }
}

export function membershipOf(voters: readonly NodeId[]): Membership {
  return {
    voters,
    outgoingVoters: [],
    learners: [],
    nodes: voters.map((nodeId) => ({ nodeId, peerId: `peer-${nodeId}`, addresses: [`/memory/${nodeId}`] })),
  };
}
