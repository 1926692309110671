import type { LatencyReport, SqlBesideWriterReport } from "./sql-beside-writer.ts";
import type { FailoverReport } from "./failover.ts";
import type { FloorFigure } from "./floor.ts";
import type { Point } from "./point.ts";
import type { Delivery, WatchersReport } from "./watchers.ts";

/** Columns as wide as their widest cell, numbers to the right. */
function renderTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")).join("\n");
}

export function renderPoints(points: readonly Point[]): string {
  const head = [
    "system",
    "mode",
    "callers",
    "ops/s",
    "p50 ms",
    "p99 ms",
    "server µs/op",
    "client µs/op",
    "RSS MiB",
    "errors",
  ];
  return renderTable(
    head,
    points.map((point) => [
      point.system,
      point.mode,
      point.callers,
      point.opsPerSecond,
      point.p50Ms,
      point.p99Ms,
      point.serverCpuUsPerOp,
      point.clientCpuUsPerOp,
      point.rssMiB.join("/"),
      point.errors,
    ]),
  );
}

/** Ours over theirs, point by point: what a shared and noisy machine can say at all. */
export function renderRatios(ours: readonly Point[], theirs: readonly Point[]): string {
  const rows = ours.flatMap((point) => {
    const other = theirs.find((candidate) => candidate.mode === point.mode && candidate.callers === point.callers);
    if (other === undefined) return [];
    const ratio = (point.opsPerSecond / other.opsPerSecond).toFixed(2);
    return [[point.mode, point.callers, point.opsPerSecond, other.opsPerSecond, `${ratio}x`]];
  });
  return renderTable(["mode", "callers", "aspen ops/s", `${theirs[0]?.system ?? "other"} ops/s`, "ratio"], rows);
}

export function renderFloor(figures: readonly FloorFigure[]): string {
  return renderTable(
    ["floor", "per second"],
    figures.map((figure) => [figure.what, figure.perSecond]),
  );
}

export function renderFailover(signal: string, report: FailoverReport): string {
  const sorted = report.gapsMs.toSorted((left, right) => left - right);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  const verdict = report.counter === report.acknowledged ? "none lost, none doubled" : "WRITES LOST OR DOUBLED";
  return [
    `${signal}: ${sorted.length} runs, gap between acknowledgements: median ${at(0.5)} ms, maximum ${at(1)} ms`,
    `  ${report.acknowledged} increments acknowledged, counter ${report.counter}: ${verdict}`,
    ...report.errors.map((error) => `  the writer saw ${error}`),
  ].join("\n");
}

export function renderWatchers(report: WatchersReport): string {
  const { watchers, writes, seconds, told, expected, faults, warmUpMs, deliveryMs, residentMib } = report;
  const line = ({ p50, p99, max }: Delivery): string =>
    `from the call to the watcher: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`;
  const memory = residentMib.map((nodes) => nodes.join("/")).join(", ");
  return [
    `${watchers} watchers, ${writes} changes told in ${seconds} s (${Math.round(writes / seconds)}/s)`,
    `told ${told} of ${expected} changes with those of the warm-up, ${faults} missed or doubled`,
    `${line(deliveryMs)}; while warming up: ${line(warmUpMs)}`,
    `RSS in MiB of each node before the first write, after the warm-up, and after each quarter: ${memory}`,
  ].join("\n");
}

export function renderSqlBesideWriter({ quiet, queried, queries, queryP50Ms }: SqlBesideWriterReport): string {
  const line = (name: string, { writes, p50Ms, p99Ms }: LatencyReport): string =>
    `${name} ${String(writes).padStart(8)} writes  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms`;
  return [
    line("without queries", quiet),
    line("beside queries ", queried),
    `${queries} queries, p50 ${queryP50Ms.toFixed(1)} ms`,
    `p99 of the writer: ${(queried.p99Ms / quiet.p99Ms).toFixed(2)} times`,
  ].join("\n");
}
