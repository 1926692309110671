import {
  AspenError,
  type Clock,
  type Logger,
  type LogIndex,
  type NodeId,
  type PeerId,
  type SnapshotSource,
  type StateMachine,
  type Term,
  type Transport,
  type TransportStream,
} from "@aspenjs/api";
import type { RaftEvent } from "../core/event.ts";
import { decodeAnswer, decodeReport, encodeOffer } from "../wire/snapshot-codec.ts";
import { limits } from "./limits.ts";
import { StallGuard } from "./stall-guard.ts";

export interface SnapshotSenderDeps {
  readonly stateMachine: StateMachine<unknown>;
  readonly transport: Transport;
  readonly protocol: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peerIdOf: (nodeId: NodeId) => PeerId | undefined;
  /** Where the log begins: an older snapshot does not help anyone. */
  readonly purgedIndex: () => LogIndex;
  readonly onEvent: (event: RaftEvent) => void;
}

/** Streams snapshots to followers that are too far behind for the log: one at a time to each. */
export class SnapshotSender {
  readonly #deps: SnapshotSenderDeps;
  readonly #sending = new Map<NodeId, AbortController>();

  constructor(deps: SnapshotSenderDeps) {
    this.#deps = deps;
  }

  send(to: NodeId, term: Term): void {
    // One that was aborted may still be busy with the disk; nobody hears of its end, so it stands for nothing.
    if (this.#sending.get(to)?.signal.aborted === false) return;
    const controller = new AbortController();
    this.#sending.set(to, controller);
    void this.#transfer(to, term, controller.signal)
      .catch((error: unknown) => {
        const level = controller.signal.aborted ? "debug" : "warn";
        this.#deps.logger.log(level, "snapshot not delivered", { to, reason: String(error) });
        return undefined;
      })
      .then((matched) => this.#finish(to, controller, matched));
  }

  /** This node no longer leads, or stops. */
  abortAll(): void {
    for (const controller of this.#sending.values()) controller.abort();
  }

  #finish(to: NodeId, controller: AbortController, matched: LogIndex | undefined): void {
    if (this.#sending.get(to) === controller) this.#sending.delete(to);
    if (controller.signal.aborted) return;
    if (matched !== undefined) {
      this.#deps.onEvent({ kind: "snapshotSent", to, matched });
      return;
    }
    // The core asks again with the follower's next sign of life; a failure of heavy work is not repeated at that pace.
    this.#deps.clock.setTimer(limits.snapshotRetryMs, () => {
      this.#deps.onEvent({ kind: "snapshotSent", to, matched: undefined });
    });
  }

  async #transfer(to: NodeId, term: Term, signal: AbortSignal): Promise<LogIndex> {
    const peerId = this.#deps.peerIdOf(to);
    if (peerId === undefined) throw new AspenError("unavailable", "the follower's peer id is not known");
    const source = await this.#openSource();
    try {
      const { meta } = source;
      if (signal.aborted) throw new AspenError("shutting_down", "this node no longer leads");
      this.#deps.onEvent({ kind: "snapshotSending", to, lastIncluded: meta.lastIncluded });
      const stream = await this.#deps.transport.openStream(peerId, this.#deps.protocol, encodeOffer({ term, meta }), {
        deadlineMs: limits.snapshotOpenMs,
        signal,
      });
      return await this.#stream(to, stream, source, signal);
    } finally {
      await source.close();
    }
  }

  /** The latest snapshot if it reaches the log, else a new one. */
  async #openSource(): Promise<SnapshotSource> {
    const { stateMachine } = this.#deps;
    const latest = stateMachine.latestSnapshot;
    if (latest === undefined || latest.lastIncluded.index < this.#deps.purgedIndex()) {
      const outcome = await stateMachine.takeSnapshot();
      if (outcome.kind === "fault") {
        throw new AspenError("internal", outcome.fault.message, { cause: outcome.fault });
      }
    }
    const source = await stateMachine.openSnapshot();
    if (source === undefined) throw new AspenError("internal", "the snapshot just taken is gone");
    return source;
  }

  async #stream(to: NodeId, stream: TransportStream, source: SnapshotSource, signal: AbortSignal): Promise<LogIndex> {
    const guard = new StallGuard(this.#deps.clock, limits.snapshotStallMs, (error) => stream.abort(error));
    const onAbort = () => stream.abort(new AspenError("shutting_down", "this node no longer leads"));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const incoming = stream[Symbol.asyncIterator]();
      const answer = decodeAnswer(await nextChunk(incoming));
      if (answer.offset === undefined) {
        await stream.end();
        return answer.matched;
      }
      this.#deps.logger.log("info", "sending snapshot", { to, bytes: source.meta.byteLength, offset: answer.offset });
      await sendChunks(stream, source, answer.offset, guard);
      const report = decodeReport(await nextChunk(incoming));
      if (!report.isInstalled) throw new AspenError("internal", `the follower refused it: ${report.reason}`);
      return report.matched;
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      guard.end();
    }
  }
}

async function sendChunks(
  stream: TransportStream,
  source: SnapshotSource,
  start: number,
  guard: StallGuard,
): Promise<void> {
  let offset = start;
  while (offset < source.meta.byteLength) {
    const isTiny = globalThis.aspenFaultPoint?.("raft/tiny-snapshot-chunk") === true;
    const outcome = await source.read(offset, isTiny ? 32 : limits.snapshotChunkBytes);
    if (outcome.kind === "fault") throw new AspenError("internal", outcome.fault.message, { cause: outcome.fault });
    if (outcome.bytes.byteLength === 0) throw new AspenError("internal", "the snapshot ended early");
    await stream.write(outcome.bytes);
    guard.touch();
    offset += outcome.bytes.byteLength;
  }
  await stream.end();
  // Verifying and installing a large state takes its time; the guard starts its patience anew for it.
  guard.touch();
}

async function nextChunk(incoming: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const next = await incoming.next();
  if (next.done === true) throw new AspenError("unavailable", "the follower ended the stream early");
  return next.value;
}
