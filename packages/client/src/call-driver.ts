/**
 * Carries calls to nodes: takes a place, chooses an endpoint, sends, and does what the retry policy says until there is
 * an answer or the call has ended.
 *
 * D1  Nothing is sent for a call that has ended.
 * D2  A call ends at its deadline, at its signal and at `close` at once, wherever its attempt is.
 */
import {
  abandonedError,
  AspenError,
  type CallOptions,
  type Clock,
  type ClusterState,
  type Logger,
  type NodeId,
  type Random,
  type Transport,
} from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import {
  decodeClientAnswer,
  encodeClientCall,
  leaderHintOf,
  PROTOCOL_IDS,
  type AnswerOfKind,
  type RequestByKind,
  type RequestKind,
} from "@aspenjs/protocol";
import { CallSlots, type Slot } from "./call-slots.ts";
import type { Endpoint, EndpointBook, Offer } from "./endpoint-book.ts";
import { limits } from "./limits.ts";
import type { NodeConnection, NodeConnections } from "./node-connections.ts";
import { deadlineOf, PendingCall } from "./pending-call.ts";
import type { AttemptFailure, Repeatability, RetryDecision, Routes } from "./retry-policy.ts";

export interface CallDriverOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly book: EndpointBook;
  readonly connections: NodeConnections;
  readonly deadlineMsDefault: number;
}

export interface RunOptions extends CallOptions {
  readonly repeatability: Repeatability;
  /** Work of the client itself, which calls wait for, needs no place among them. */
  readonly isInternal?: boolean;
  /** Default: those that did not fall silent. */
  readonly offer?: Offer;
}

type AttemptOutcome<Answer> = { readonly kind: "answer"; readonly answer: Answer } | AttemptFailure;

export class CallDriver {
  readonly #options: CallDriverOptions;
  readonly #slots = new CallSlots(limits.callsInFlightMax, limits.callsQueuedMax);
  readonly #calls = new Set<PendingCall>();
  readonly #refreshes = new Map<NodeId, Promise<void>>();
  #isClosed = false;

  constructor(options: CallDriverOptions) {
    this.#options = options;
  }

  get callsInFlight(): number {
    return this.#slots.running;
  }

  /** Runs the body as one call. What it returns or throws is the call's end, unless the call has ended before. */
  run<Answer>(options: RunOptions, body: (call: PendingCall) => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#assertOpen();
      const { signal, repeatability, offer = "speaking" } = options;
      const deadlineMs = deadlineOf(options, this.#options.deadlineMsDefault);
      if (signal?.aborted === true) throw abandonedError(signal, { outcome: "not_applied" });
      const { clock } = this.#options;
      let slot: Slot | undefined;
      const release = (): void => {
        this.#calls.delete(call);
        if (slot !== undefined) this.#slots.giveBack(slot);
      };
      const call = new PendingCall({ clock, deadlineMs, signal, repeatability, offer, reject }, release);
      const start = (): void => {
        body(call).then(
          (answer) => {
            if (call.complete()) resolve(answer);
          },
          (error: unknown) => this.#fail(call, error, reject),
        );
      };
      this.#calls.add(call);
      try {
        if (options.isInternal === true) start();
        else slot = this.#slots.take(start);
        // A call that ended while it started had no place yet that it could have given back.
        if (slot !== undefined && call.isEnded) this.#slots.giveBack(slot);
      } catch (error) {
        this.#fail(call, error, reject);
      }
    });
  }

  /** Asks until a node has answered. */
  async ask<Kind extends RequestKind>(
    call: PendingCall,
    kind: Kind,
    request: () => RequestByKind[Kind],
  ): Promise<AnswerOfKind<Kind>> {
    let endpoint = this.#choose(call);
    for (;;) {
      const attemptMs = call.policy.attemptTimeoutMs(call.remainingMs());
      const outcome = await this.#attempt(call, endpoint, kind, request, attemptMs);
      call.assertWanted();
      if (outcome.kind === "answer") return outcome.answer;
      endpoint = await this.#afterFailure(call, endpoint, outcome);
    }
  }

  /** Tries until some node has accepted the ticket. */
  async reach(call: PendingCall): Promise<void> {
    let endpoint = this.#choose(call);
    for (;;) {
      const outcome = await this.#connection(call, endpoint);
      call.assertWanted();
      if (outcome.kind === "open") return;
      endpoint = await this.#afterFailure(call, endpoint, outcome);
    }
  }

  /** Every call that is under way fails, and so does every later one. */
  close(): void {
    this.#isClosed = true;
    // The youngest first: what leaves must not make room for what waits.
    for (const call of [...this.#calls].reverse()) call.fail(new AspenError("shutting_down", "the client was closed"));
  }

  learnState(state: ClusterState): void {
    this.#options.book.learnNodes(state.membership.nodes);
    this.learnLeader(state.leader);
  }

  learnLeader(leader: NodeId | undefined): void {
    this.#options.book.learnLeader(leader);
  }

  /** To the node that would be asked now, if there is one. */
  openConnection(): NodeConnection | undefined {
    const { book, connections, clock } = this.#options;
    const endpoint = book.choose(NONE_TRIED, clock.nowMs());
    return endpoint === undefined ? undefined : connections.find(endpoint);
  }

  async #attempt<Kind extends RequestKind>(
    call: PendingCall,
    endpoint: Endpoint,
    kind: Kind,
    request: () => RequestByKind[Kind],
    attemptMs: number,
  ): Promise<AttemptOutcome<AnswerOfKind<Kind>>> {
    const connection = this.#options.connections.find(endpoint) ?? (await this.#connection(call, endpoint));
    if (connection.kind !== "open") return connection;
    const { transport, connections } = this.#options;
    if (call.policy.repeatability === "once" && !connections.isConnected(connection)) {
      connections.forget(connection);
      return { kind: "unreachable", error: new AspenError("unavailable", "the connection was lost") };
    }
    // Throws for a call that ended while the connection was made.
    const deadlineMs = Math.min(attemptMs, call.remainingMs());
    const body = encodeClientCall({ deadlineMs, request: request() });
    const { signal } = call;
    call.policy.sent();
    const sentMs = this.#options.clock.nowMs();
    try {
      const sending = signal === undefined ? { deadlineMs } : { deadlineMs, signal };
      const bytes = await transport.request(connection.peerId, PROTOCOL_IDS.client, body, sending);
      if (globalThis.aspenFaultPoint?.("client/answer-lost") === true) {
        throw new AspenError("unavailable", "the answer got lost");
      }
      call.policy.answered();
      connections.noteAnswer(connection);
      return { kind: "answer", answer: readAnswer(kind, bytes) };
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      this.#noteSilence(connection, endpoint, error, sentMs);
      await this.#learnFrom(call, connection, error);
      return { kind: "failed", error };
    }
  }

  /** An open connection, or why there is none. Does not wait for a dial that takes long; that one goes on. */
  async #connection(
    call: PendingCall,
    endpoint: Endpoint,
  ): Promise<NodeConnection | Exclude<AttemptFailure, { readonly kind: "failed" }>> {
    const { connections } = this.#options;
    const open = connections.find(endpoint);
    if (open !== undefined) return open;
    const outcome = await call.waitAtMost(limits.dialPatienceMs, connections.dial(endpoint));
    if (outcome !== undefined) return outcome;
    return { kind: "unreachable", error: new AspenError("unavailable", "the node does not answer") };
  }

  #noteSilence(connection: NodeConnection, endpoint: Endpoint, error: AspenError, sentMs: number): void {
    const { book, connections, clock } = this.#options;
    if (error.code !== "timeout") connections.noteAnswer(connection);
    else if (!connections.hasAnsweredSince(connection, sentMs)) book.fellSilent(endpoint, clock.nowMs());
  }

  /** What a failure says about the cluster, for this call and all others. */
  async #learnFrom(call: PendingCall, connection: NodeConnection, error: AspenError): Promise<void> {
    const { book, connections } = this.#options;
    if (error.code === "unauthorized") connections.forget(connection);
    if (error.code === "unavailable" && !connections.isConnected(connection)) connections.forget(connection);
    if (error.code !== "not_leader") return;
    book.forgetLeader(connection.nodeId);
    const hint = leaderHintOf(error);
    if (hint === undefined || hint === connection.nodeId || book.isPinned) return;
    if (book.nodeEndpoint(hint) === undefined && !call.isEnded) {
      await call.waitAtMost(limits.refreshTimeoutMs, this.#refresh(connection));
    }
    if (book.nodeEndpoint(hint) !== undefined) book.learnLeader(hint);
  }

  /** Asks a node who the members are; once at a time, for all calls. */
  #refresh(connection: NodeConnection): Promise<void> {
    const underWay = this.#refreshes.get(connection.nodeId);
    if (underWay !== undefined) return underWay;
    const refresh = this.#askForMembers(connection).finally(() => this.#refreshes.delete(connection.nodeId));
    this.#refreshes.set(connection.nodeId, refresh);
    return refresh;
  }

  async #askForMembers({ peerId }: NodeConnection): Promise<void> {
    const { transport, logger } = this.#options;
    const deadlineMs = limits.refreshTimeoutMs;
    const body = encodeClientCall({ deadlineMs, request: { kind: "currentState" } });
    try {
      const bytes = await transport.request(peerId, PROTOCOL_IDS.client, body, { deadlineMs });
      this.learnState(readAnswer("currentState", bytes));
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      logger.log("debug", "a node did not tell the members", { peerId, code: error.code });
    }
  }

  /** Carries out the policy's decision and says where the next attempt goes. */
  async #afterFailure(call: PendingCall, endpoint: Endpoint, failure: AttemptFailure): Promise<Endpoint> {
    const { book, random } = this.#options;
    const decision = call.policy.decide(endpoint, book.nodeIdOf(endpoint), failure, this.#routesOf(call));
    if (decision.kind === "giveUp") throw decision.error;
    if (decision.kind === "greetAgain") return endpoint;
    if (decision.kind === "backOff") await call.wait(call.policy.nextBackOffMs(random));
    return this.#endpointAfter(call, decision);
  }

  #routesOf({ offer }: PendingCall): Routes {
    const { book, clock } = this.#options;
    return {
      isPinned: book.isPinned,
      hasUntried: (tried) => book.hasUntried(tried, clock.nowMs(), offer),
      isWorthAsking: (nodeId) => {
        const endpoint = book.nodeEndpoint(nodeId);
        return endpoint !== undefined && !book.isCooling(endpoint, clock.nowMs());
      },
    };
  }

  #endpointAfter(call: PendingCall, decision: RetryDecision): Endpoint {
    const leader = decision.kind === "follow" ? this.#options.book.nodeEndpoint(decision.leader) : undefined;
    return leader ?? this.#choose(call);
  }

  #choose(call: PendingCall): Endpoint {
    const { book, clock } = this.#options;
    const { policy, offer } = call;
    const nowMs = clock.nowMs();
    const endpoint = book.choose(policy.tried, nowMs, offer) ?? book.choose(NONE_TRIED, nowMs, offer);
    if (endpoint === undefined) throw new AspenError("unavailable", "no address is known");
    return endpoint;
  }

  #fail(call: PendingCall, error: unknown, reject: (reason: unknown) => void): void {
    if (error instanceof AspenError) {
      call.fail(error);
      return;
    }
    // A bug goes to the caller as it is; the call ends all the same.
    reject(error);
    call.fail(new AspenError("internal", "the client failed", { cause: error }));
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new AspenError("shutting_down", "the client is closed");
  }
}

const NONE_TRIED: ReadonlySet<string> = new Set();

function readAnswer<Kind extends RequestKind>(kind: Kind, bytes: Uint8Array): AnswerOfKind<Kind> {
  try {
    return decodeClientAnswer(kind, bytes);
  } catch (cause) {
    if (cause instanceof DecodeError) throw new AspenError("internal", "the node's answer cannot be read", { cause });
    throw cause;
  }
}
