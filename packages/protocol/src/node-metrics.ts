/**
 * The metrics of one node as cells. Rows have no fractions: milliseconds travel as whole microseconds, which is finer
 * than any clock that measured them.
 */
import { assert, limits, NODE_ROLES, type LatencySummary, type NodeMetrics, type PeerMetrics } from "@aspenjs/api";
import { logIdToRow, readLogId, type Row, type RowReader } from "@aspenjs/codec";

const MICROSECONDS_PER_MS = 1_000;
/** 71 years. Beyond it not every whole number of microseconds comes back from its milliseconds. */
const MICROSECONDS_MAX = 2 ** 51 - 1;
const REPLICATIONS = ["probe", "replicate", "snapshot"] as const;

export function nodeMetricsRow(metrics: NodeMetrics): Row {
  return [
    metrics.nodeId,
    metrics.role,
    metrics.term,
    metrics.vote ?? null,
    metrics.leader ?? null,
    logIdToRow(metrics.lastLogId),
    metrics.committedIndex,
    metrics.appliedIndex,
    logIdToRow(metrics.snapshotLogId),
    logIdToRow(metrics.purgedLogId),
    metrics.peers.map(peerMetricsRow),
    optionalMicroseconds(metrics.quorumAckAgeMs),
    metrics.proposalsInFlight,
    metrics.readsWaiting,
    latencyRow(metrics.applyLatency),
    latencyRow(metrics.logWriteLatency),
  ];
}

/** Reads the row to its end. @throws DecodeError */
export function readNodeMetrics(row: RowReader): NodeMetrics {
  const metrics: NodeMetrics = {
    nodeId: row.integer("nodeId", 1),
    role: row.word("role", NODE_ROLES),
    term: row.integer("term"),
    vote: row.optional((cells) => cells.integer("vote", 1)),
    leader: row.optional((cells) => cells.integer("leader", 1)),
    lastLogId: readLogId(row.row("lastLogId")),
    committedIndex: row.integer("committedIndex"),
    appliedIndex: row.integer("appliedIndex"),
    snapshotLogId: readLogId(row.row("snapshotLogId")),
    purgedLogId: readLogId(row.row("purgedLogId")),
    peers: row.list("peers", limits.peersMax, (items) => readPeerMetrics(items.row("peer"))),
    quorumAckAgeMs: row.optional((cells) => readMilliseconds(cells, "quorumAckAge")),
    proposalsInFlight: row.integer("proposalsInFlight"),
    readsWaiting: row.integer("readsWaiting"),
    applyLatency: readLatency(row.row("applyLatency")),
    logWriteLatency: readLatency(row.row("logWriteLatency")),
  };
  row.end();
  return metrics;
}

function peerMetricsRow(peer: PeerMetrics): Row {
  return [peer.nodeId, peer.matchIndex, peer.replication, optionalMicroseconds(peer.lastContactMs)];
}

function readPeerMetrics(row: RowReader): PeerMetrics {
  const peer = {
    nodeId: row.integer("nodeId", 1),
    matchIndex: row.integer("matchIndex"),
    replication: row.word("replication", REPLICATIONS),
    lastContactMs: row.optional((cells) => readMilliseconds(cells, "lastContact")),
  };
  row.end();
  return peer;
}

function latencyRow(latency: LatencySummary): Row {
  return [latency.count, microseconds(latency.p50Ms), microseconds(latency.p99Ms), microseconds(latency.maxMs)];
}

function readLatency(row: RowReader): LatencySummary {
  const latency = {
    count: row.integer("count"),
    p50Ms: readMilliseconds(row, "p50"),
    p99Ms: readMilliseconds(row, "p99"),
    maxMs: readMilliseconds(row, "max"),
  };
  row.end();
  return latency;
}

function optionalMicroseconds(ms: number | undefined): number | null {
  return ms === undefined ? null : microseconds(ms);
}

function microseconds(ms: number): number {
  assert(Number.isFinite(ms), "a duration is a finite number");
  assert(ms >= 0, "a duration is not negative");
  const rounded = Math.round(ms * MICROSECONDS_PER_MS);
  assert(rounded <= MICROSECONDS_MAX, "a duration is shorter than 71 years");
  return rounded;
}

function readMilliseconds(row: RowReader, name: string): number {
  return row.integer(name, 0, MICROSECONDS_MAX) / MICROSECONDS_PER_MS;
}
