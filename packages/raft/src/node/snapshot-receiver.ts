import {
  AspenError,
  type Clock,
  type LogIndex,
  type Logger,
  type NodeId,
  type PeerId,
  type SnapshotMeta,
  type StateMachine,
  type StorageFault,
  type Term,
  type TransportStream,
} from "@aspenjs/api";
import type { Token } from "../core/event.ts";
import { decodeOffer, encodeAnswer, encodeReport, type SnapshotReport } from "../wire/snapshot-codec.ts";
import { limits } from "./limits.ts";
import { StallGuard } from "./stall-guard.ts";

export interface SnapshotDecision {
  readonly term: Term;
  readonly isWanted: boolean;
  readonly matched: LogIndex;
}

export interface SnapshotReceiverDeps {
  readonly stateMachine: StateMachine<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeIdOf: (peerId: PeerId) => NodeId | undefined;
  readonly nextToken: () => Token;
  /** Puts the offer to the core; `decide` brings its answer back. */
  readonly onOffer: (token: Token, from: NodeId, term: Term, meta: SnapshotMeta) => void;
  /** Nothing is applied while the task runs. */
  readonly exclusive: <Value>(task: () => Promise<Value>) => Promise<Value>;
  readonly onInstalled: (meta: SnapshotMeta) => void;
  readonly onFault: (fault: StorageFault) => void;
}

/** Takes snapshots from the leader: at most one at a time, the latest offer wins. */
export class SnapshotReceiver {
  readonly #deps: SnapshotReceiverDeps;
  readonly #offers = new Map<Token, (decision: SnapshotDecision) => void>();
  #current: TransportStream | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: SnapshotReceiverDeps) {
    this.#deps = deps;
  }

  decide(token: Token, decision: SnapshotDecision): void {
    this.#offers.get(token)?.(decision);
    this.#offers.delete(token);
  }

  async accept(stream: TransportStream): Promise<void> {
    const from = this.#deps.nodeIdOf(stream.peerId);
    if (from === undefined) throw new AspenError("forbidden", "not a member of this cluster");
    const { term, meta } = decodeOffer(stream.header);
    const decision = await this.#ask(from, term, meta);
    if (!decision.isWanted) {
      await stream.write(encodeAnswer({ term: decision.term, offset: undefined, matched: decision.matched }));
      await stream.end();
      return;
    }
    this.#current?.abort(new AspenError("unavailable", "a newer snapshot is on its way"));
    this.#current = stream;
    // The one before lets go of the sink first.
    const turn = this.#turn.then(() => this.#receive(stream, meta, decision));
    this.#turn = turn.catch(() => {});
    await turn;
  }

  abort(): void {
    this.#current?.abort(new AspenError("shutting_down", "this node stops"));
  }

  #ask(from: NodeId, term: Term, meta: SnapshotMeta): Promise<SnapshotDecision> {
    const token = this.#deps.nextToken();
    return new Promise((resolve) => {
      this.#offers.set(token, resolve);
      this.#deps.onOffer(token, from, term, meta);
    });
  }

  async #receive(stream: TransportStream, meta: SnapshotMeta, decision: SnapshotDecision): Promise<void> {
    const guard = new StallGuard(this.#deps.clock, limits.snapshotStallMs, (error) => stream.abort(error));
    const sink = await this.#deps.stateMachine.receiveSnapshot(meta);
    try {
      await stream.write(encodeAnswer({ term: decision.term, offset: sink.receivedBytes, matched: decision.matched }));
      for await (const chunk of stream) {
        guard.touch();
        const outcome = await sink.write(chunk);
        if (outcome.kind === "fault") return this.#fail(stream, outcome.fault);
      }
      guard.end();
      const report = await this.#deps.exclusive(() => this.#install(meta, () => sink.install()));
      await stream.write(encodeReport(report));
      await stream.end();
    } finally {
      guard.end();
      if (this.#current === stream) this.#current = undefined;
      await sink.close();
    }
  }

  async #install(
    meta: SnapshotMeta,
    install: () => ReturnType<Awaited<ReturnType<StateMachine<unknown>["receiveSnapshot"]>>["install"]>,
  ): Promise<SnapshotReport> {
    const { lastApplied } = this.#deps.stateMachine.appliedState;
    if (lastApplied.index >= meta.lastIncluded.index) {
      // The log overtook the snapshot while it travelled.
      return { isInstalled: true, matched: meta.lastIncluded.index, reason: "" };
    }
    const outcome = await install();
    switch (outcome.kind) {
      case "installed":
        this.#deps.logger.log("info", "installed snapshot", { index: meta.lastIncluded.index });
        this.#deps.onInstalled(meta);
        return { isInstalled: true, matched: meta.lastIncluded.index, reason: "" };
      case "rejected":
        this.#deps.logger.log("warn", "snapshot rejected", { reason: outcome.reason });
        return { isInstalled: false, matched: lastApplied.index, reason: outcome.reason };
      case "fault":
        this.#deps.onFault(outcome.fault);
        return { isInstalled: false, matched: lastApplied.index, reason: "storage fault" };
    }
  }

  #fail(stream: TransportStream, fault: StorageFault): void {
    stream.abort(new AspenError("unavailable", "storage fault"));
    this.#deps.onFault(fault);
  }
}
