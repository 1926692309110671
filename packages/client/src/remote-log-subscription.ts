/**
 * One subscription to the log, on a stream of its own to one node at a time.
 *
 * L7  Every entry is handed out once and in order: what a node tells counts when it has said how far that goes, and the
 *     next node is asked for what lies behind that.
 * L8  What waits for the reader is bounded: beyond that the stream is not read, and the node waits.
 * L9  An entry that one node no longer has, another may have: it is gone when every node that can be asked says so.
 */
import {
  AspenError,
  type Clock,
  type LogBatch,
  type LogIndex,
  type LogRecord,
  type LogSubscription,
  type LogSubscriptionRequest,
} from "@aspenjs/api";
import { decodeLogTell, encodeLogAsk, PROTOCOL_IDS, protocolLimits, type LogProgress } from "@aspenjs/protocol";
import { BatchInbox } from "./batch-inbox.ts";
import { limits } from "./limits.ts";
import { StreamWalk, type StreamWalkOptions } from "./stream-walk.ts";

export interface RemoteLogSubscriptionInit {
  readonly request: LogSubscriptionRequest;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly walk: StreamWalkOptions;
  readonly onEnded: (subscription: RemoteLogSubscription) => void;
}

/** A batch, and what it weighed on the wire. */
interface WeighedBatch {
  readonly batch: LogBatch;
  readonly bytes: number;
}

export class RemoteLogSubscription implements LogSubscription {
  readonly begun: Promise<LogSubscription>;
  readonly #init: RemoteLogSubscriptionInit;
  readonly #inbox: BatchInbox<WeighedBatch>;
  readonly #walk: StreamWalk;
  #fromIndex: LogIndex;
  /** Behind everything that was handed over; `undefined` as long as no node has said where the subscription begins. */
  #nextIndex: LogIndex | undefined;
  #committedIndex: LogIndex = 0;
  /** Told on the present stream, and not yet how far that goes. */
  #records: LogRecord[] = [];
  #recordBytes = 0;
  /** The earliest entry that a node still has, of those that do not have the next one. */
  #firstIndex: LogIndex | undefined;
  #onRoom: () => void = () => {};

  constructor(init: RemoteLogSubscriptionInit) {
    const { request, clock, deadlineMs, signal } = init;
    this.#init = init;
    this.#nextIndex = request.fromIndex;
    this.#fromIndex = request.fromIndex ?? 0;
    this.#inbox = new BatchInbox({
      name: "the log subscription",
      clock,
      deadlineMs,
      signal,
      progressEveryMs: request.progressEveryMs,
      progress: () => ({ batch: this.#batchOf([]), bytes: 0 }),
      bytesOf: ({ bytes }) => bytes,
      onDrained: () => this.#onRoom(),
      onEnded: () => this.#onInboxEnded(),
    });
    this.begun = this.#inbox.begun.then(() => this);
    this.#walk = new StreamWalk(init.walk, {
      name: "subscriptions to the log",
      protocol: PROTOCOL_IDS.log,
      frameBytesMax: protocolLimits.logTellBytesMax,
      isWanted: () => !this.#inbox.isEnded,
      header: () => encodeLogAsk({ fromIndex: this.#nextIndex, keyPrefixes: request.keyPrefixes ?? [] }),
      onOpened: () => {},
      onFrame: (frame) => this.#onFrame(frame),
      room: () => this.#room(),
      onLost: () => this.#forgetRecords(),
      onFailed: (error) => this.#inbox.fail(this.#endOf(error)),
    });
  }

  start(): void {
    this.#walk.start();
  }

  get fromIndex(): LogIndex {
    return this.#fromIndex;
  }

  fail(error: AspenError): void {
    this.#inbox.fail(error);
  }

  async close(): Promise<void> {
    this.#inbox.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<LogBatch, undefined> {
    const weighed = this.#inbox.iterator();
    return {
      next: async () => {
        const { done, value } = await weighed.next();
        return done === true ? { done, value: undefined } : { done: false, value: value.batch };
      },
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  #onFrame(frame: Uint8Array): void {
    const tell = decodeLogTell(frame);
    switch (tell.kind) {
      case "opened":
        return this.#onOpened(tell.fromIndex);
      case "record":
        return this.#onRecord(tell.record, frame.byteLength);
      case "progress":
        return this.#onProgress(tell);
      case "ended": {
        const { code, message, firstIndex } = tell;
        if (firstIndex !== undefined) this.#firstIndex = Math.min(firstIndex, this.#firstIndex ?? firstIndex);
        throw new AspenError(code, message, { details: firstIndex === undefined ? {} : { firstIndex } });
      }
    }
  }

  #onOpened(fromIndex: LogIndex): void {
    if (this.#nextIndex !== undefined && fromIndex !== this.#nextIndex) throw outOfOrder(fromIndex, this.#nextIndex);
    if (this.#inbox.phase !== "beginning") return;
    this.#fromIndex = fromIndex;
    this.#nextIndex = fromIndex;
    this.#inbox.begin();
  }

  #onRecord(record: LogRecord, bytes: number): void {
    const before = (this.#records.at(-1)?.index ?? this.#expected() - 1) + 1;
    if (record.index < before) throw outOfOrder(record.index, before);
    this.#records.push(record);
    this.#recordBytes += bytes;
  }

  #onProgress({ throughIndex, committedIndex }: LogProgress): void {
    const before = Math.max(this.#expected() - 1, this.#records.at(-1)?.index ?? 0);
    if (throughIndex < before) throw outOfOrder(throughIndex, before);
    this.#noteServed();
    this.#nextIndex = throughIndex + 1;
    this.#committedIndex = Math.max(this.#committedIndex, committedIndex);
    if (this.#records.length === 0) return;
    const bytes = this.#recordBytes;
    const batch = this.#batchOf(this.#records);
    this.#forgetRecords();
    this.#inbox.push({ batch, bytes });
  }

  /** @throws AspenError when the node says what comes behind `opened` before that */
  #expected(): LogIndex {
    if (this.#nextIndex !== undefined && this.#inbox.phase !== "beginning") return this.#nextIndex;
    throw new AspenError("internal", "the node tells of a log that it has not opened");
  }

  #batchOf(records: readonly LogRecord[]): LogBatch {
    return { records, throughIndex: (this.#nextIndex ?? 1) - 1, committedIndex: this.#committedIndex };
  }

  /** A node that only opens the subscription has not served yet: the entry may be gone when it comes to tell it. */
  #noteServed(): void {
    this.#firstIndex = undefined;
    this.#walk.noteServed();
  }

  /** Half a page is nothing: it is asked for again. */
  #forgetRecords(): void {
    this.#records = [];
    this.#recordBytes = 0;
  }

  async #room(): Promise<void> {
    if (this.#inbox.queuedBytes <= limits.logQueueBytesMax || this.#inbox.isEnded) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  #endOf(error: AspenError): AspenError {
    if (error.code !== "index_not_available" && error.code !== "lagged") return error;
    if (this.#inbox.phase === "beginning") {
      const firstIndex = this.#firstIndex ?? 1;
      const message = `entry ${this.#nextIndex} is in no log that could be asked; the earliest is ${firstIndex}`;
      return new AspenError("index_not_available", message, { details: { firstIndex } });
    }
    const lastIndex = (this.#nextIndex ?? 1) - 1;
    const message = `what was committed behind entry ${lastIndex} is in no log that could be asked`;
    return new AspenError("lagged", message, { details: { lastIndex } });
  }

  #onInboxEnded(): void {
    this.#forgetRecords();
    this.#onRoom();
    this.#walk.leave();
    this.#init.onEnded(this);
  }
}

function outOfOrder(index: LogIndex, expected: LogIndex): AspenError {
  return new AspenError("internal", `the node tells of entry ${index} where ${expected} was to come`);
}
