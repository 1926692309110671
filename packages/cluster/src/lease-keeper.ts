/**
 * What a leader does about leases: it keeps alive those that are asked for, many in one entry of the log, and ends
 * those that are due.
 *
 * Invariants
 * K1  Nothing is ended in a reign before every lease has been given its whole time again, through the log.
 * K2  A lease lives at least its whole time from when a keep-alive was called, and from when this node answered it.
 * K3  The time of a lease is log time: an end that the leader proposes is checked again where it is applied, and comes
 *     to nothing for a lease that was kept alive meanwhile.
 */
import {
  AspenError,
  writeRefusalError,
  type CancelTimer,
  type Clock,
  type CommandResult,
  type KeyValueStateMachine,
  type LeaseId,
  type LeaseStatus,
  type Logger,
  type StoredLease,
} from "@aspenjs/api";
import { encodeLogCommand, protocolLimits, type LogAction } from "@aspenjs/protocol";
import { limits } from "./limits.ts";
import type { LogClock } from "./log-clock.ts";

export interface LeaseConsensus {
  propose(command: Uint8Array): Promise<CommandResult>;
  readIndex(kind: "quorum"): Promise<void>;
}

export interface LeaseKeeperDeps {
  readonly raft: LeaseConsensus;
  readonly machine: KeyValueStateMachine;
  readonly logClock: LogClock;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One time of leading. What a reign began it does not go on with after its end. */
interface Reign {
  isOver: boolean;
  cancelTimer: CancelTimer;
  /** Log times before which leases may not end, because a keep-alive was answered (K2). */
  readonly keptUntilMs: Map<LeaseId, number>;
}

interface Waiter {
  readonly resolve: (status: LeaseStatus) => void;
  readonly reject: (error: unknown) => void;
}

const NO_TIMER: CancelTimer = () => {};

export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  #reign: Reign | undefined;
  /** Who waits for the next batch. */
  #waiting = new Map<LeaseId, Waiter[]>();
  #cancelBatch: CancelTimer | undefined;

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
  }

  /** This node leads from now on, or does not any more. */
  setLeading(isLeading: boolean): void {
    if (isLeading === (this.#reign !== undefined)) return;
    if (this.#reign !== undefined) {
      this.#reign.isOver = true;
      this.#reign.cancelTimer();
    }
    this.#reign = isLeading ? { isOver: false, cancelTimer: NO_TIMER, keptUntilMs: new Map() } : undefined;
    if (this.#reign !== undefined) void this.#begin(this.#reign);
  }

  /** Keep-alives that wait fail with `shutting_down`. */
  stop(): void {
    this.setLeading(false);
    this.#cancelBatch?.();
    this.#cancelBatch = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const waiters of waiting.values()) {
      for (const { reject } of waiters) reject(new AspenError("shutting_down", "the node stops"));
    }
  }

  /** @throws AspenError `not_found`, or what consensus refuses with */
  keepAlive(leaseId: LeaseId): Promise<LeaseStatus> {
    const { promise, resolve, reject } = Promise.withResolvers<LeaseStatus>();
    const waiters = this.#waiting.get(leaseId);
    if (waiters === undefined) this.#waiting.set(leaseId, [{ resolve, reject }]);
    else waiters.push({ resolve, reject });
    if (this.#waiting.size >= protocolLimits.leaseBatchMax) this.#sendBatch();
    else this.#cancelBatch ??= this.#deps.clock.setTimer(limits.keepAliveBatchMs, () => this.#sendBatch());
    return promise;
  }

  statusOf({ leaseId, ttlMs, deadlineMs }: StoredLease): LeaseStatus {
    return { leaseId, ttlMs, remainingMs: Math.max(0, deadlineMs - this.#nowMs()) };
  }

  /** Log time as far as this node knows it. */
  #nowMs(): number {
    const { machine, logClock } = this.#deps;
    return this.#reign === undefined ? machine.logTimeMs : logClock.nowMs();
  }

  #sendBatch(): void {
    this.#cancelBatch?.();
    this.#cancelBatch = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    const leaseIds = [...waiting.keys()].sort((left, right) => left - right);
    this.#propose({ kind: "renewLeases", leaseIds }).then(
      (renewed) => this.#answer(waiting, new Set(renewed)),
      (error: unknown) => {
        for (const waiters of waiting.values()) for (const { reject } of waiters) reject(error);
      },
    );
  }

  #answer(waiting: ReadonlyMap<LeaseId, readonly Waiter[]>, renewed: ReadonlySet<LeaseId>): void {
    const { machine } = this.#deps;
    for (const [leaseId, waiters] of waiting) {
      const lease = renewed.has(leaseId) ? machine.lease(leaseId) : undefined;
      for (const { resolve, reject } of waiters) {
        if (lease === undefined) reject(writeRefusalError("leaseNotFound"));
        else resolve(this.statusOf(lease));
      }
      if (lease !== undefined) this.#reign?.keptUntilMs.set(leaseId, this.#nowMs() + lease.ttlMs);
    }
  }

  /** K1. Without any leases there is nothing to extend: those that come later begin with their whole time. */
  async #begin(reign: Reign): Promise<void> {
    const { raft, machine, logger } = this.#deps;
    try {
      await raft.readIndex("quorum");
      if (reign.isOver) return;
      if (machine.leases(0, 1).length > 0) await this.#propose({ kind: "extendLeases" });
      if (!reign.isOver) this.#endLater(reign);
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      if (reign.isOver) return;
      logger.log("debug", "leases are not extended yet", { reason: error.message });
      reign.cancelTimer = this.#deps.clock.setTimer(limits.leasePollMs, () => void this.#begin(reign));
    }
  }

  #endLater(reign: Reign): void {
    reign.cancelTimer = this.#deps.clock.setTimer(limits.leasePollMs, () => void this.#endDue(reign));
  }

  async #endDue(reign: Reign): Promise<void> {
    const { logger } = this.#deps;
    try {
      const leaseIds = this.#due(reign);
      if (leaseIds.length > 0) {
        const ended = await this.#propose({ kind: "expireLeases", leaseIds });
        if (ended.length > 0) logger.log("debug", "leases ended", { count: ended.length });
      }
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      logger.log("debug", "leases that are due are not ended yet", { reason: error.message });
    }
    if (!reign.isOver) this.#endLater(reign);
  }

  #due({ keptUntilMs }: Reign): readonly LeaseId[] {
    const nowMs = this.#nowMs();
    for (const [leaseId, untilMs] of keptUntilMs) if (untilMs <= nowMs) keptUntilMs.delete(leaseId);
    const due = this.#deps.machine.leasesDueBy(nowMs - limits.leaseGraceMs, protocolLimits.leaseBatchMax);
    return due.filter((leaseId) => !keptUntilMs.has(leaseId));
  }

  async #propose(action: LogAction): Promise<readonly LeaseId[]> {
    const { raft, logClock } = this.#deps;
    const result = await raft.propose(encodeLogCommand({ logTimeMs: logClock.nowMs(), action }));
    if (result.kind === "leasesTouched") return result.leaseIds;
    throw new AspenError("internal", `${action.kind} ended as ${result.kind}`);
  }
}
