import type { LatencySummary, LogId, NodeMetrics } from "@aspenjs/api";
import { Command } from "commander";
import { logIdJson } from "../cluster-view.ts";
import type { CommandRunner } from "../command-runner.ts";
import { examples } from "../help.ts";
import { nodeIdText } from "../node-id-text.ts";
import type { JsonValue, Report, TableView } from "../output-format.ts";
import { formatFields, formatTable } from "../table.ts";

export function clusterMetricsCommand(runner: CommandRunner): Command {
  return new Command("metrics")
    .summary("print what one node measures")
    .description("Prints what the node that is asked measures about itself and, when it leads, about the others.")
    .addHelpText(
      "after",
      examples(["aspen cluster metrics --endpoint 127.0.0.1:7601", ""], ["aspen cluster metrics -o json", ""]),
    )
    .action((_options: object, command: Command) =>
      runner.run(command, async (invocation) => {
        const metrics = await invocation.withClient(({ cluster }) => cluster.getMetrics());
        await invocation.print(metricsReport(metrics));
      }),
    );
}

function metricsReport(metrics: NodeMetrics): Report {
  const fields = metricsFields(metrics);
  return {
    json: metricsJson(metrics),
    table: (view) => [formatFields(fields, view.style), ...peerTable(metrics, view)].join("\n\n"),
    raw: () => fields.map(([name, value]) => `${name.replaceAll(" ", "_")} ${value}\n`).join(""),
  };
}

function metricsJson(metrics: NodeMetrics): JsonValue {
  const { applyLatency, logWriteLatency } = metrics;
  return {
    nodeId: nodeIdText(metrics.nodeId),
    role: metrics.role,
    term: metrics.term,
    vote: metrics.vote === undefined ? null : nodeIdText(metrics.vote),
    leader: metrics.leader === undefined ? null : nodeIdText(metrics.leader),
    lastLogId: logIdJson(metrics.lastLogId),
    committedIndex: metrics.committedIndex,
    appliedIndex: metrics.appliedIndex,
    snapshotLogId: logIdJson(metrics.snapshotLogId),
    purgedLogId: logIdJson(metrics.purgedLogId),
    peers: metrics.peers.map(({ nodeId, matchIndex, replication, lastContactMs }) => ({
      nodeId: nodeIdText(nodeId),
      matchIndex,
      replication,
      lastContactMs: lastContactMs ?? null,
    })),
    quorumAckAgeMs: metrics.quorumAckAgeMs ?? null,
    proposalsInFlight: metrics.proposalsInFlight,
    readsWaiting: metrics.readsWaiting,
    applyLatency: { ...applyLatency },
    logWriteLatency: { ...logWriteLatency },
  };
}

function metricsFields(metrics: NodeMetrics): readonly (readonly [string, string])[] {
  return [
    ["node", nodeIdText(metrics.nodeId)],
    ["role", metrics.role],
    ["term", String(metrics.term)],
    ["leader", metrics.leader === undefined ? "-" : nodeIdText(metrics.leader)],
    ["vote", metrics.vote === undefined ? "-" : nodeIdText(metrics.vote)],
    ["last log", logIdText(metrics.lastLogId)],
    ["committed", String(metrics.committedIndex)],
    ["applied", String(metrics.appliedIndex)],
    ["snapshot", logIdText(metrics.snapshotLogId)],
    ["purged", logIdText(metrics.purgedLogId)],
    ["quorum ack age", metrics.quorumAckAgeMs === undefined ? "-" : millisecondsText(metrics.quorumAckAgeMs)],
    ["proposals in flight", String(metrics.proposalsInFlight)],
    ["reads waiting", String(metrics.readsWaiting)],
    ["log write", latencyText(metrics.logWriteLatency)],
    ["apply", latencyText(metrics.applyLatency)],
  ];
}

function peerTable({ peers }: NodeMetrics, view: TableView): string[] {
  if (peers.length === 0) return [];
  const rows = peers.map(({ nodeId, matchIndex, replication, lastContactMs }) => [
    nodeIdText(nodeId),
    String(matchIndex),
    replication,
    lastContactMs === undefined ? "never" : millisecondsText(lastContactMs),
  ]);
  const columns = [
    { heading: "PEER" },
    { heading: "MATCHED", align: "right" },
    { heading: "REPLICATION" },
    { heading: "LAST CONTACT" },
  ] as const;
  return [formatTable(columns, rows, view)];
}

function logIdText({ term, index }: LogId): string {
  return index === 0 ? "-" : `index ${index}, term ${term}`;
}

function latencyText({ count, p50Ms, p99Ms, maxMs }: LatencySummary): string {
  if (count === 0) return "-";
  const [p50, p99, max] = [p50Ms, p99Ms, maxMs].map(millisecondsText);
  return `p50 ${p50}, p99 ${p99}, max ${max} (${count} measured)`;
}

function millisecondsText(durationMs: number): string {
  return `${durationMs < 10 ? durationMs.toFixed(2) : Math.round(durationMs)} ms`;
}
