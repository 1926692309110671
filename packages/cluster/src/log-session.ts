/**
 * One subscriber to the log, on a stream of its own.
 *
 * L4  A subscriber hears of the entries from its first index on in order, each once, or of its end. It is read to from
 *     the log alone, the newest entry too: there is no hand-over at which one could be lost or doubled.
 * L5  No more than a page is read ahead of what the subscriber takes. What it does not take stays in the log; once that is
 *     gone there, it ends with `lagged`.
 * L6  The ticket counts for every page anew.
 */
import { AspenError, type Clock, type Logger, type LogIndex, type LogRecord, type TransportStream } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { decodeLogAsk, encodeLogTell, type LogAsk, type LogTell } from "@aspenjs/protocol";
import { writeFrames } from "./frame-output.ts";
import { LeaderPatience } from "./leader-patience.ts";
import { limits } from "./limits.ts";
import type { LogFeed } from "./log-feed.ts";
import { LogFilter } from "./log-filter.ts";

export interface LogSessionDeps {
  readonly stream: TransportStream;
  readonly feed: LogFeed;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Throws when the client may not be told. @returns the prefixes that it is told of; none: everything */
  readonly authorize: (keyPrefixes: readonly string[]) => readonly string[];
  /** Resolves when this node has applied all that was acknowledged before, with the index of the last of it. */
  readonly freshIndex: () => Promise<LogIndex>;
  /** What this node knows to be committed. */
  readonly committedIndex: () => LogIndex;
  readonly hasLeader: () => boolean;
}

export class LogSession {
  readonly #deps: LogSessionDeps;
  readonly #ask: LogAsk;
  readonly #patience: LeaderPatience;
  #filter: LogFilter;
  #nextIndex: LogIndex = 0;
  #toldMs: number;
  #wake: () => void = () => {};
  #hasLeft = false;

  /** @throws AspenError `invalid_request`, and what `authorize` throws */
  constructor(deps: LogSessionDeps) {
    this.#deps = deps;
    this.#ask = askOf(deps.stream.header);
    this.#filter = new LogFilter(deps.authorize(this.#ask.keyPrefixes));
    this.#patience = new LeaderPatience(deps.clock, deps.hasLeader);
    this.#toldMs = deps.clock.nowMs();
  }

  /** Until the client ends it, or nothing more can be told. */
  async run(): Promise<void> {
    const { stream, freshIndex } = this.#deps;
    void this.#listen();
    try {
      this.#nextIndex = this.#ask.fromIndex ?? (await freshIndex()) + 1;
      await this.#tellAll();
      await stream.end();
    } catch (error) {
      // Whoever has left meets no end any more.
      if (!this.#hasLeft || !(error instanceof AspenError)) throw error;
    }
  }

  /** A client says nothing on this stream; that it ends is how it leaves. */
  async #listen(): Promise<void> {
    const { stream, logger } = this.#deps;
    try {
      for await (const chunk of stream) {
        if (chunk.byteLength > 0) stream.abort(new AspenError("invalid_request", "nothing is said on this stream"));
      }
    } catch (error) {
      if (error instanceof AspenError) logger.log("debug", "a stream of the log ended", { code: error.code });
      else logger.log("error", "a stream of the log failed", { reason: String(error) });
    } finally {
      this.#hasLeft = true;
      this.#wake();
    }
  }

  async #tellAll(): Promise<void> {
    const { feed, clock } = this.#deps;
    const opened = { kind: "opened", fromIndex: this.#nextIndex } as const;
    for (let isOpened = false; !this.#hasLeft; isOpened = true) {
      this.#refreshFilter();
      const page = feed.read(this.#nextIndex);
      if (page.kind === "compacted") return this.#refuse(page.firstIndex, isOpened);
      const tells = [...(isOpened ? [] : [opened]), ...this.#tellsOf(page.records)];
      if (tells.length > 0) await this.#send(tells);
      // In the turn of the read: what is applied after it wakes this.
      else if (page.records.length === 0) await this.#nextChange();
      // Others have their turn, too.
      if (page.records.length > 0) await new Promise<void>((resolve) => clock.defer(resolve));
    }
  }

  #refreshFilter(): void {
    const keyPrefixes = this.#deps.authorize(this.#ask.keyPrefixes);
    if (keyPrefixes !== this.#filter.keyPrefixes) this.#filter = new LogFilter(keyPrefixes);
    this.#patience.check();
  }

  /** What was found, and how far that goes; with nothing found, from time to time. */
  #tellsOf(page: readonly LogRecord[]): readonly LogTell[] {
    const last = page.at(-1);
    if (last !== undefined) this.#nextIndex = last.index + 1;
    const told = page.flatMap((record) => this.#filter.view(record) ?? []);
    const isDue = told.length > 0 || this.#deps.clock.nowMs() - this.#toldMs >= limits.streamProgressMs;
    return isDue ? [...told.map((record) => ({ kind: "record", record }) as const), this.#progress()] : [];
  }

  #progress(): LogTell {
    return { kind: "progress", throughIndex: this.#nextIndex - 1, committedIndex: this.#deps.committedIndex() };
  }

  /** With how far it came: entries that were not for the client are behind it all the same. */
  async #refuse(firstIndex: LogIndex, isOpened: boolean): Promise<void> {
    const [code, what] = isOpened
      ? (["lagged", "is gone"] as const)
      : (["index_not_available", "is not there"] as const);
    const message = `entry ${this.#nextIndex} ${what}: the log of this node begins with ${firstIndex}`;
    const progress = isOpened ? [this.#progress()] : [];
    await this.#send([...progress, { kind: "ended", code, message, firstIndex }]);
  }

  async #send(tells: readonly LogTell[]): Promise<void> {
    const { stream, clock } = this.#deps;
    await writeFrames(tells.map(encodeLogTell), { stream, clock, isEnded: () => this.#hasLeft });
    this.#toldMs = clock.nowMs();
  }

  /** Something was applied, the client has left, or it is time to say that nothing was. */
  #nextChange(): Promise<void> {
    const { feed, clock } = this.#deps;
    return new Promise((resolve) => {
      const stopWaiting = feed.wait(() => this.#wake());
      const cancel = clock.setTimer(limits.streamProgressMs, () => this.#wake());
      this.#wake = () => {
        this.#wake = () => {};
        stopWaiting();
        cancel();
        resolve();
      };
      if (this.#hasLeft) this.#wake();
    });
  }
}

function askOf(header: Uint8Array): LogAsk {
  try {
    return decodeLogAsk(header);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new AspenError("invalid_request", `not a request of this protocol: ${error.message}`, { cause: error });
  }
}
