/**
 * Client sessions: why a write that is tried again takes effect once.
 *
 * Boundary: the table is a function of the log. It sees log time, never a clock, and decides nothing by the order of
 * a hash map. It is part of the state: of the checksum and of every snapshot.
 *
 * Invariants
 * S1  A write of a live session is applied at most once. Every retry gets the first result, or a refusal.
 * S2  A number that was used with one command is refused with another.
 * S3  A number at or below what the client acknowledged is refused: its result is gone.
 * S4  Numbers reach at most `sessionWindowMax` beyond what is acknowledged, and a client with too many unacknowledged
 *     bytes is refused before the write, not after. A refused write was not applied and may be tried again.
 * S5  A session idle for `sessionIdleMsMax` of log time is gone. Beyond `sessionsMax` sessions, or beyond
 *     `sessionTableBytesMax` of results, the one used least recently goes; of several, the one opened first.
 */
import { assert, type CommandResult } from "@aspenjs/api";
import type { SessionReference } from "@aspenjs/protocol";
import { stateMachineLimits, type SessionLimits } from "./limits.ts";
import { commandResultOf, encodeSessionResult } from "./session-row.ts";
import type { SavedSession, SessionResult } from "./session.ts";

interface LiveSession {
  readonly sessionId: number;
  lastUsedMs: number;
  acknowledgedThrough: number;
  resultBytes: number;
  /** By sequence number, in the order of the log, which need not be the order of the numbers. */
  readonly results: Map<number, SessionResult>;
}

export class SessionTable {
  readonly #limits: SessionLimits;
  /** The least recently used first: every use moves its session to the end, and log time never goes back. */
  readonly #sessions = new Map<number, LiveSession>();
  #resultBytes = 0;
  #changed = new Set<number>();

  constructor(saved: Iterable<SavedSession> = [], limits: SessionLimits = stateMachineLimits) {
    this.#limits = limits;
    const byLastUse = [...saved].sort(
      (left, right) => left.lastUsedMs - right.lastUsedMs || left.sessionId - right.sessionId,
    );
    for (const session of byLastUse) this.#restore(session);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Forgets what has been idle for too long. Before anything else that a command does. */
  expire(logTimeMs: number): void {
    for (const session of this.#sessions.values()) {
      if (logTimeMs - session.lastUsedMs < this.#limits.sessionIdleMsMax) return;
      this.#remove(session);
    }
  }

  open(sessionId: number, logTimeMs: number): void {
    assert(!this.#sessions.has(sessionId), "a log index opens one session");
    const session = { sessionId, lastUsedMs: logTimeMs, acknowledgedThrough: 0, resultBytes: 0, results: new Map() };
    this.#sessions.set(sessionId, session);
    this.#changed.add(sessionId);
    this.#evict(sessionId);
  }

  /** Whether there was such a session. */
  close(sessionId: number): boolean {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) this.#remove(session);
    return session !== undefined;
  }

  /** What the write comes to without being applied; `undefined` when it must be applied, and then remembered. */
  settle(reference: SessionReference, digest: number, logTimeMs: number): CommandResult | undefined {
    const session = this.#sessions.get(reference.sessionId);
    if (session === undefined) return { kind: "sessionExpired" };
    this.#use(session, logTimeMs);
    this.#acknowledge(session, reference.acknowledgedThrough);
    const first = session.results.get(reference.sequence);
    if (first !== undefined) {
      if (first.digest !== digest) return { kind: "sequenceRefused", reason: "reused" };
      return commandResultOf(first);
    }
    if (reference.sequence <= session.acknowledgedThrough) return { kind: "sequenceRefused", reason: "acknowledged" };
    const isTooFarAhead =
      reference.sequence - session.acknowledgedThrough > this.#limits.sessionWindowMax ||
      session.resultBytes >= this.#limits.sessionResultBytesMax;
    return isTooFarAhead ? { kind: "sequenceRefused", reason: "tooFarAhead" } : undefined;
  }

  /** Only after `settle` let the same reference pass. */
  remember({ sessionId, sequence }: SessionReference, digest: number, result: CommandResult): void {
    const session = this.#sessions.get(sessionId);
    assert(session !== undefined, "a settled session is live");
    const first = encodeSessionResult(sequence, digest, result);
    session.results.set(sequence, first);
    session.resultBytes += first.row.byteLength;
    this.#resultBytes += first.row.byteLength;
    this.#evict(sessionId);
  }

  saved(sessionId: number): SavedSession | undefined {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return undefined;
    const { lastUsedMs, acknowledgedThrough } = session;
    const results = [...session.results.values()].sort((left, right) => left.sequence - right.sequence);
    return { sessionId, lastUsedMs, acknowledgedThrough, results };
  }

  sessionIds(): readonly number[] {
    return [...this.#sessions.keys()].sort((left, right) => left - right);
  }

  /** Sessions that changed or went since the last call, sorted. */
  takeChanges(): readonly number[] {
    const changed = [...this.#changed].sort((left, right) => left - right);
    this.#changed = new Set();
    return changed;
  }

  #restore(saved: SavedSession): void {
    assert(!this.#sessions.has(saved.sessionId), "a session is saved once");
    const results = new Map(saved.results.map((result) => [result.sequence, result]));
    const resultBytes = saved.results.reduce((sum, result) => sum + result.row.byteLength, 0);
    const { sessionId, lastUsedMs, acknowledgedThrough } = saved;
    this.#sessions.set(sessionId, { sessionId, lastUsedMs, acknowledgedThrough, resultBytes, results });
    this.#resultBytes += resultBytes;
  }

  #use(session: LiveSession, logTimeMs: number): void {
    session.lastUsedMs = logTimeMs;
    this.#sessions.delete(session.sessionId);
    this.#sessions.set(session.sessionId, session);
    this.#changed.add(session.sessionId);
  }

  #acknowledge(session: LiveSession, through: number): void {
    const from = session.acknowledgedThrough + 1;
    if (through < from) return;
    session.acknowledgedThrough = through;
    if (through - from < session.results.size) {
      for (let sequence = from; sequence <= through; sequence += 1) this.#forget(session, sequence);
    } else {
      for (const sequence of session.results.keys()) if (sequence <= through) this.#forget(session, sequence);
    }
  }

  #forget(session: LiveSession, sequence: number): void {
    const byteLength = session.results.get(sequence)?.row.byteLength ?? 0;
    session.results.delete(sequence);
    session.resultBytes -= byteLength;
    this.#resultBytes -= byteLength;
  }

  #evict(sessionInUse: number): void {
    while (
      this.#sessions.size > this.#limits.sessionsMax ||
      (this.#resultBytes > this.#limits.sessionTableBytesMax && this.#sessions.size > 1)
    ) {
      this.#remove(this.#leastRecentlyUsed(sessionInUse));
    }
  }

  /** Sessions used at one log time stand in order of use, which is lost at a restart: their ids decide. */
  #leastRecentlyUsed(sessionInUse: number): LiveSession {
    let least: LiveSession | undefined;
    for (const session of this.#sessions.values()) {
      if (session.sessionId === sessionInUse) continue;
      if (least !== undefined && session.lastUsedMs > least.lastUsedMs) break;
      if (least === undefined || session.sessionId < least.sessionId) least = session;
    }
    assert(least !== undefined, "there is a session besides the one in use");
    return least;
  }

  #remove(session: LiveSession): void {
    this.#sessions.delete(session.sessionId);
    this.#resultBytes -= session.resultBytes;
    this.#changed.add(session.sessionId);
  }
}
