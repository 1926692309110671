import type { CommandResult, KeyValueEntry, WriteCommand } from "@aspenjs/api";
import { protocolLimits, type SessionReference } from "@aspenjs/protocol";

interface LiveSession {
  acknowledgedThrough: number;
  readonly results: Map<number, CommandResult>;
}

/** What all nodes of a scripted cluster agree on: a log of one, with sessions that forget as the real ones do. */
export class ReplicatedLog {
  readonly entries = new Map<string, KeyValueEntry>();
  /** How often each key was set. */
  readonly setCounts = new Map<string, number>();
  readonly sessions = new Map<number, LiveSession>();
  sessionsOpened = 0;
  revision = 0;
  index = 0;

  openSession(): number {
    this.index += 1;
    this.sessionsOpened += 1;
    this.sessions.set(this.index, { acknowledgedThrough: 0, results: new Map() });
    return this.index;
  }

  closeSession(session: SessionReference): CommandResult {
    this.index += 1;
    return this.sessions.delete(session.sessionId) ? { kind: "sessionClosed" } : { kind: "sessionExpired" };
  }

  write(command: WriteCommand, reference: SessionReference | undefined): CommandResult {
    this.index += 1;
    if (reference === undefined) return this.#apply(command);
    const session = this.sessions.get(reference.sessionId);
    if (session === undefined) return { kind: "sessionExpired" };
    if (reference.acknowledgedThrough > session.acknowledgedThrough) {
      session.acknowledgedThrough = reference.acknowledgedThrough;
      for (const sequence of session.results.keys()) {
        if (sequence <= session.acknowledgedThrough) session.results.delete(sequence);
      }
    }
    const first = session.results.get(reference.sequence);
    if (first !== undefined) return first;
    const ahead = reference.sequence - session.acknowledgedThrough;
    if (ahead <= 0) return { kind: "sequenceRefused", reason: "acknowledged" };
    if (ahead > protocolLimits.sessionWindowMax) return { kind: "sequenceRefused", reason: "tooFarAhead" };
    const result = this.#apply(command);
    session.results.set(reference.sequence, result);
    return result;
  }

  #apply(command: WriteCommand): CommandResult {
    if (command.kind !== "set") throw new Error(`scripted clusters do not know ${command.kind}`);
    this.revision += 1;
    const { key, value } = command;
    const previous = this.entries.get(key);
    this.setCounts.set(key, (this.setCounts.get(key) ?? 0) + 1);
    this.entries.set(key, {
      key,
      value,
      createRevision: previous?.createRevision ?? this.revision,
      modRevision: this.revision,
      version: (previous?.version ?? 0) + 1,
    });
    const result = { kind: "set" as const, revision: this.revision };
    return { kind: "written", result: previous === undefined ? result : { ...result, previous } };
  }
}
