/**
 * One client's watches, all on one stream: takes what it asks, sends what the hub tells. What waits for a client is
 * bounded: beyond that its watches fall behind and read the history when there is room again.
 */
import {
  AspenError,
  assertWatchFilter,
  type CancelTimer,
  type Clock,
  type KeyChange,
  type Logger,
  type Revision,
  type TransportStream,
  type WatchFilter,
} from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import {
  decodeWatchAsk,
  encodeWatchTell,
  FrameAssembly,
  keyChangeBytes,
  protocolLimits,
  type OpenWatch,
  type WatchAsk,
  type WatchTell,
} from "@aspenjs/protocol";
import { writeFrames } from "./frame-output.ts";
import { LeaderPatience } from "./leader-patience.ts";
import { limits } from "./limits.ts";
import type { WatchHub, Watcher } from "./watch-hub.ts";

export interface WatchSessionDeps {
  readonly stream: TransportStream;
  readonly hub: WatchHub;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the client may be told, and of this; throws when not. Asked again and again. */
  readonly authorize: (filter?: WatchFilter) => void;
  /** Resolves when this node has applied all that was acknowledged before. @returns the store's revision then */
  readonly freshRevision: () => Promise<Revision>;
  readonly hasLeader: () => boolean;
  /** Beyond it nothing more is taken; one revision may go over it. */
  readonly queueBytesMax: number;
  /** Of all sessions of the node. */
  readonly places: { taken: number };
}

type WatchState = { readonly kind: "opening" } | { readonly kind: "open"; readonly watcher: Watcher };

const OPENING: WatchState = { kind: "opening" };

export class WatchSession {
  readonly #deps: WatchSessionDeps;
  readonly #patience: LeaderPatience;
  readonly #watches = new Map<number, WatchState>();
  #outbox: Uint8Array[] = [];
  #queuedBytes = 0;
  #isWriting = false;
  #hasBehind = false;
  #isCatchUpDue = false;
  #isEnded = false;

  constructor(deps: WatchSessionDeps) {
    this.#deps = deps;
    this.#patience = new LeaderPatience(deps.clock, deps.hasLeader);
  }

  /** Until the client ends it. */
  async run(): Promise<void> {
    const { stream } = this.#deps;
    const assembly = new FrameAssembly(protocolLimits.watchAskBytesMax);
    const timer: { cancel: CancelTimer } = { cancel: this.#armTick(() => timer) };
    try {
      for await (const chunk of stream) {
        for (const frame of assembly.push(chunk)) this.#onAsk(decodeWatchAsk(frame));
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new AspenError("invalid_request", `not a frame of this protocol: ${error.message}`, { cause: error });
    } finally {
      timer.cancel();
      this.#end();
    }
    await stream.end();
  }

  #end(): void {
    this.#isEnded = true;
    this.#outbox = [];
    for (const watchId of [...this.#watches.keys()]) this.#close(watchId);
  }

  #onAsk(ask: WatchAsk): void {
    if (ask.kind === "close") {
      this.#close(ask.watchId);
      return;
    }
    if (this.#watches.has(ask.watchId)) throw new AspenError("invalid_request", "a watch has its number to itself");
    this.#watches.set(ask.watchId, OPENING);
    this.#deps.places.taken += 1;
    this.#open(ask).catch((error: unknown) => this.#refuse(ask.watchId, error));
  }

  async #open(ask: OpenWatch): Promise<void> {
    const { hub, places, authorize, freshRevision } = this.#deps;
    const { watchId, filter, withPrevious } = ask;
    if (places.taken > limits.watchersMax) {
      throw new AspenError("resource_exhausted", `a node serves at most ${limits.watchersMax} watches`);
    }
    assertWatchFilter(filter);
    authorize(filter);
    const fromRevision = ask.fromRevision ?? (await freshRevision()) + 1;
    // Closed meanwhile, with the stream or by itself.
    if (this.#watches.get(watchId) !== OPENING) return;
    const watcher = hub.open({
      filter,
      fromRevision,
      take: (revision, changes) => this.#take(watchId, revision, withPrevious ? changes : withoutPrevious(changes)),
      end: (error) => this.#refuse(watchId, error),
    });
    this.#watches.set(watchId, { kind: "open", watcher });
    this.#send({ kind: "opened", watchId, fromRevision });
    this.#hasBehind = true;
    this.#planCatchUp();
  }

  #close(watchId: number): void {
    const state = this.#watches.get(watchId);
    if (state === undefined) return;
    if (state.kind === "open") this.#deps.hub.close(state.watcher);
    this.#watches.delete(watchId);
    this.#deps.places.taken -= 1;
  }

  #refuse(watchId: number, error: unknown): void {
    if (!this.#watches.has(watchId)) return;
    this.#close(watchId);
    if (!(error instanceof AspenError)) this.#deps.logger.log("error", "a watch failed", { reason: String(error) });
    const { code, message, details } = error instanceof AspenError ? error : new AspenError("internal", "a bug");
    const firstRevision = details["firstRevision"];
    this.#send({
      kind: "ended",
      watchId,
      code,
      message: message.slice(0, protocolLimits.refusalTextBytesMax / 4),
      firstRevision: typeof firstRevision === "number" ? firstRevision : undefined,
    });
  }

  #take(watchId: number, revision: Revision, changes: readonly KeyChange[]): boolean {
    if (this.#queuedBytes >= this.#deps.queueBytesMax) {
      this.#hasBehind = true;
      return false;
    }
    const parts = partsOf(changes);
    for (const [position, part] of parts.entries()) {
      const isLastPart = position === parts.length - 1;
      this.#send({ kind: "changes", watchId, revision, isLastPart, changes: part });
    }
    return true;
  }

  #send(tell: WatchTell): void {
    if (this.#isEnded) return;
    const frame = encodeWatchTell(tell);
    this.#outbox.push(frame);
    this.#queuedBytes += frame.byteLength;
    if (this.#isWriting) return;
    this.#isWriting = true;
    // In a moment: what else this turn brings travels in the same chunk.
    queueMicrotask(() => void this.#write());
  }

  async #write(): Promise<void> {
    const { stream, clock } = this.#deps;
    try {
      while (this.#outbox.length > 0) {
        const frames = this.#outbox.splice(0);
        await writeFrames(frames, { stream, clock, isEnded: () => this.#isEnded });
        this.#queuedBytes -= frames.reduce((sum, frame) => sum + frame.byteLength, 0);
        this.#planCatchUp();
      }
    } catch (error) {
      // Whoever reads the stream meets the same end.
      if (!(error instanceof AspenError)) throw error;
      this.#deps.logger.log("debug", "a stream of watches ended", { code: error.code });
    } finally {
      this.#isWriting = false;
    }
  }

  /** A page in a turn, while there is room. */
  #planCatchUp(): void {
    const hasRoom = this.#queuedBytes < this.#deps.queueBytesMax / 2;
    if (!this.#hasBehind || !hasRoom || this.#isCatchUpDue || this.#isEnded) return;
    this.#isCatchUpDue = true;
    this.#deps.clock.defer(() => {
      this.#isCatchUpDue = false;
      if (this.#isEnded) return;
      this.#hasBehind = false;
      this.#orAbort(() => {
        if (this.#deps.hub.catchUp(this.#watchers()) === "more") this.#hasBehind = true;
      });
      this.#planCatchUp();
    });
  }

  #watchers(): Watcher[] {
    return [...this.#watches.values()].flatMap((state) => (state.kind === "open" ? [state.watcher] : []));
  }

  #armTick(timer: () => { cancel: CancelTimer }): CancelTimer {
    return this.#deps.clock.setTimer(limits.streamProgressMs, () => {
      timer().cancel = this.#armTick(timer);
      this.#tick();
    });
  }

  #tick(): void {
    const { hub, authorize } = this.#deps;
    this.#orAbort(() => {
      authorize();
      this.#patience.check();
      // A snapshot that was installed makes itself known here.
      hub.noteApplied();
      if (!this.#hasBehind && this.#queuedBytes === 0) this.#send({ kind: "progress", revision: hub.told });
    });
  }

  /** The client hears why, and goes elsewhere. */
  #orAbort(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      this.#deps.stream.abort(error);
    }
  }
}

function withoutPrevious(changes: readonly KeyChange[]): readonly KeyChange[] {
  return changes.map((change) =>
    change.kind === "put" ? { kind: "put", entry: change.entry } : { kind: "delete", key: change.key },
  );
}

/** As many changes each as fit a frame. */
function partsOf(changes: readonly KeyChange[]): readonly (readonly KeyChange[])[] {
  const parts: KeyChange[][] = [];
  let part: KeyChange[] = [];
  let partBytes = 0;
  for (const change of changes) {
    part.push(change);
    partBytes += keyChangeBytes(change);
    if (partBytes < protocolLimits.watchPartBytes && part.length < protocolLimits.watchPartChangesMax) continue;
    parts.push(part);
    part = [];
    partBytes = 0;
  }
  return part.length === 0 ? parts : [...parts, part];
}
