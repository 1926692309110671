/**
 * Writes that take effect once. The session is opened through the log by the first write, and again when it has
 * expired; every write has one number in it, however often it is sent.
 *
 * S1  A repeated write keeps its session and number for as long as an earlier try may still take effect.
 * S2  A write gets another number only after an answer that proves that no try of it took effect.
 * S3  A number is settled when its call ends, for whatever reason: what nobody waits for any more is acknowledged, and
 *     the state machine refuses it if it arrives later.
 * S4  When the session is gone and an earlier try may have taken effect, nobody can tell any more: the caller is told
 *     so, and the write is not repeated.
 */
import {
  AspenError,
  assert,
  unreachable,
  writeRefusalError,
  type CallOptions,
  type CommandResult,
  type Random,
  type WriteCommand,
  type WriteResult,
} from "@aspenjs/api";
import type { SessionReference } from "@aspenjs/protocol";
import type { CallDriver } from "./call-driver.ts";
import { limits } from "./limits.ts";
import type { Errand, PendingCall } from "./pending-call.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import { SessionWindow } from "./session-window.ts";

interface OpenSession {
  readonly kind: "open";
  readonly sessionId: number;
  readonly window: SessionWindow;
  /** Writes that wait for room in the window. */
  waiting: (() => void)[];
}

interface OpeningSession extends Errand {
  readonly kind: "opening";
  /** Resolves when it is worth looking at the state again. */
  readonly ended: Promise<void>;
}

type SessionState = { readonly kind: "none" } | OpeningSession | OpenSession;

/** One write's place in one session. */
interface WriteNumber {
  readonly session: OpenSession;
  readonly sequence: number;
}

const NONE: SessionState = { kind: "none" };

export class WriteSession {
  readonly #driver: CallDriver;
  readonly #random: Random;
  #state: SessionState = NONE;

  constructor(driver: CallDriver, random: Random) {
    this.#driver = driver;
    this.#random = random;
  }

  write(command: WriteCommand, options: CallOptions | undefined): Promise<WriteResult> {
    return this.#driver.run({ ...options, repeatability: "repeatable" }, (call) => this.#write(call, command));
  }

  /** What closing the session takes; `undefined` when none is open. Writes from now on open another. */
  takeForClosing(): SessionReference | undefined {
    const state = this.#state;
    if (state.kind !== "open") return undefined;
    this.#state = NONE;
    const sequence = state.window.take();
    return sequence === undefined ? undefined : referenceOf({ session: state, sequence });
  }

  async #write(call: PendingCall, command: WriteCommand): Promise<WriteResult> {
    let number = await this.#takeNumber(call);
    for (;;) {
      const { session, sequence } = number;
      const result = await this.#driver.ask(call, "write", () => {
        return { kind: "write", session: referenceOf({ session, sequence }), command };
      });
      if (result.kind === "written") return result.result;
      number = await this.#afterRefusal(call, number, result);
    }
  }

  /** The number under which the write may be tried again. @throws AspenError when it may not */
  async #afterRefusal(
    call: PendingCall,
    number: WriteNumber,
    result: Exclude<CommandResult, { readonly kind: "written" }>,
  ): Promise<WriteNumber> {
    switch (result.kind) {
      case "sessionExpired":
        if (this.#state === number.session) this.#state = NONE;
        if (call.policy.mayHaveTakenEffect) throw outcomeLost();
        return this.#takeNumber(call);
      case "sequenceRefused":
        if (result.reason !== "tooFarAhead") throw unexpected(`refused as ${result.reason}`);
        await call.wait(call.policy.nextBackOffMs(this.#random));
        // A new number settles this one, which may be what keeps the window from moving.
        return call.policy.mayHaveTakenEffect ? number : this.#takeNumber(call);
      case "refused":
        throw writeRefusalError(result.reason);
      case "sessionOpened":
      case "sessionClosed":
      case "leasesTouched":
        throw unexpected(`answered with ${result.kind}`);
      default:
        return unreachable(result);
    }
  }

  async #takeNumber(call: PendingCall): Promise<WriteNumber> {
    call.onEnd?.();
    call.onEnd = undefined;
    for (;;) {
      const state = this.#state;
      if (state.kind === "open") {
        const sequence = state.window.take();
        if (sequence !== undefined) {
          call.onEnd = () => settle(state, sequence);
          return { session: state, sequence };
        }
        await new Promise<void>((resolve) => state.waiting.push(resolve));
      } else {
        const opening = state.kind === "opening" ? state : this.#open();
        call.waitsFor = opening;
        await opening.ended;
        call.waitsFor = undefined;
      }
      call.assertWanted();
    }
  }

  /** One opening for all writes that wait. One that fails for now is begun again by those that still wait. */
  #open(): OpeningSession {
    let policy: RetryPolicy | undefined;
    const opened = this.#driver.run({ repeatability: "repeatable", isInternal: true }, (call) => {
      policy = call.policy;
      return this.#driver.ask(call, "openSession", () => ({ kind: "openSession" }));
    });
    const ended = opened.then(
      (sessionId) => {
        const window = new SessionWindow(limits.callsInFlightMax);
        this.#state = { kind: "open", sessionId, window, waiting: [] };
      },
      (error: unknown) => {
        this.#state = NONE;
        if (!(error instanceof AspenError) || error.details["deadlineMs"] === undefined) throw error;
      },
    );
    const opening: OpeningSession = { kind: "opening", ended, lastError: () => policy?.lastError };
    this.#state = opening;
    return opening;
  }
}

function referenceOf({ session, sequence }: WriteNumber): SessionReference {
  const { acknowledgedThrough } = session.window;
  assert(sequence > acknowledgedThrough, "a write that is sent is not acknowledged yet");
  return { sessionId: session.sessionId, sequence, acknowledgedThrough };
}

function settle(session: OpenSession, sequence: number): void {
  const before = session.window.acknowledgedThrough;
  session.window.settle(sequence);
  if (session.window.acknowledgedThrough === before || session.waiting.length === 0) return;
  const { waiting } = session;
  session.waiting = [];
  for (const resume of waiting) resume();
}

function outcomeLost(): AspenError {
  return new AspenError("timeout", "the session expired before the write was answered: it may have taken effect", {
    details: { outcome: "unknown" },
    retryable: false,
  });
}

function unexpected(what: string): AspenError {
  return new AspenError("internal", `a write was ${what}`, { details: { outcome: "unknown" } });
}
