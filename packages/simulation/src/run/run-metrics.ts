import type { Checkers } from "../checkers/all-checkers.ts";
import type { BoundedQueues } from "../checkers/bounded-queues.ts";
import type { Linearizability } from "../checkers/linearizability.ts";
import type { World } from "../cluster/world.ts";
import type { Chaos } from "./chaos.ts";

/** What really happened in a run: what was not met was not tested. */
export interface RunMetrics {
  readonly virtualMs: number;
  readonly events: number;
  readonly leadersElected: number;
  readonly entriesCommitted: number;
  readonly snapshotsInstalled: number;
  readonly checksumsCompared: number;
  readonly calls: number;
  readonly callsAnswered: number;
  readonly callsUnknown: number;
  readonly writesRetried: number;
  readonly locksHeld: number;
  readonly leasesEnded: number;
  readonly leasesKeptAlive: number;
  /** Of the log. Fewer than the keep-alives, which share them. */
  readonly keepAliveEntries: number;
  /** Revisions that watchers were told of, and times when they heard that nothing had happened. */
  readonly revisionsWatched: number;
  readonly watchProgress: number;
  /** Watchers that fell behind what the state remembers. */
  readonly watchesLagged: number;
  /** Entries of the log that its followers were told, and times when no node had the next one. */
  readonly entriesFollowed: number;
  readonly followersLagged: number;
  readonly readsChecked: number;
  /** Of them, those that found no leader and were content with stale data. */
  readonly readsFallenBack: number;
  /** Of them, those that asked in SQL. */
  readonly queriesChecked: number;
  /** Calls in histories that were searched for an order. */
  readonly callsOrdered: number;
  /** The fullest that any queue toward a peer has been. */
  readonly queuedBytesMax: number;
  /** The most that waited for consensus in one node. */
  readonly writesWaitingMax: number;
  readonly readsWaitingMax: number;
  readonly processesKilled: number;
  readonly powerCuts: number;
  readonly unsyncedBatchesLost: number;
  readonly tornWrites: number;
  readonly messagesSent: number;
  readonly messagesLost: number;
  readonly messagesDoubled: number;
  readonly messagesReordered: number;
  readonly segmentsLost: number;
  readonly writesCorrupted: number;
  /** By the name of the fault. */
  readonly faults: Readonly<Record<string, number>>;
  /** Rare ways in the code that were taken, by the name of the fault point. */
  readonly faultPoints: Readonly<Record<string, number>>;
  /** Of the operator, by name. */
  readonly operations: Readonly<Record<string, number>>;
}

export function collectMetrics(seen: {
  readonly world: World;
  readonly chaos: Chaos;
  readonly queues: BoundedQueues;
  readonly linearizability: Linearizability;
  readonly checkers: Checkers;
}): RunMetrics {
  const { world, chaos, checkers } = seen;
  const { calls } = chaos.workload;
  const { deathCounts, messageCounts } = world;
  const { counts } = world.network.conditions;
  return {
    virtualMs: Math.round(world.time.nowUs / 1_000),
    events: world.time.eventCount,
    leadersElected: checkers.electionSafety.leaderCount,
    entriesCommitted: checkers.history.last,
    snapshotsInstalled: checkers.stateMachineSafety.installCount,
    checksumsCompared: checkers.stateMachineSafety.comparisons,
    calls: calls.length,
    callsAnswered: calls.filter(({ outcome }) => outcome.kind === "answered").length,
    callsUnknown: calls.filter(({ outcome }) => outcome.kind === "unknown").length,
    writesRetried: checkers.exactlyOnce.retryCount,
    locksHeld: checkers.leaseSafety.tenureCount,
    leasesEnded: checkers.leaseSafety.endedCount,
    leasesKeptAlive: checkers.leaseSafety.keptAliveCount,
    keepAliveEntries: checkers.leaseSafety.keepAliveEntryCount,
    revisionsWatched: checkers.watchOrder.toldCount,
    watchProgress: checkers.watchOrder.progressCount,
    watchesLagged: checkers.watchOrder.laggedCount,
    entriesFollowed: checkers.logOrder.toldCount,
    followersLagged: checkers.logOrder.laggedCount,
    readsChecked: checkers.answers.readCount,
    readsFallenBack: checkers.answers.fallbackCount,
    queriesChecked: checkers.answers.queryCount,
    callsOrdered: seen.linearizability.operationCount,
    queuedBytesMax: seen.queues.queuedBytesMax,
    writesWaitingMax: seen.queues.writesWaitingMax,
    readsWaitingMax: seen.queues.readsWaitingMax,
    processesKilled: deathCounts.killed,
    powerCuts: deathCounts.powerCut,
    unsyncedBatchesLost: deathCounts.lostBatches,
    tornWrites: deathCounts.tornWrites,
    messagesSent: messageCounts.sent,
    messagesLost: messageCounts.lost,
    messagesDoubled: messageCounts.duplicated,
    messagesReordered: messageCounts.reordered,
    segmentsLost: counts.lostSegments,
    writesCorrupted: counts.corruptedWrites,
    faults: chaos.injector.counts,
    faultPoints: chaos.faultPoints.counts,
    operations: chaos.operator.counts,
  };
}

/** Of two runs together. */
export function sumMetrics(left: RunMetrics, right: RunMetrics): RunMetrics {
  return {
    ...sumCounts(left, right),
    faults: sumCounts(left.faults, right.faults),
    faultPoints: sumCounts(left.faultPoints, right.faultPoints),
    operations: sumCounts(left.operations, right.operations),
  } as RunMetrics;
}

function sumCounts(left: object, right: object): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [name, count] of [...Object.entries(left), ...Object.entries(right)]) {
    if (typeof count !== "number") continue;
    const before = sums[name] ?? 0;
    sums[name] = name.endsWith("Max") ? Math.max(before, count) : before + count;
  }
  return sums;
}
