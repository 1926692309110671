import type { ClusterState, NodeMetrics } from "@aspenjs/api";
import { addressesForPeople, membersOf, type Member } from "./cluster-view.ts";
import { nodeIdText } from "./node-id-text.ts";
import type { JsonValue, Report, TableView } from "./output-format.ts";
import { formatTable, type Column } from "./table.ts";

/** What became of asking one node. */
export type Probe =
  | { readonly kind: "answered"; readonly metrics: NodeMetrics }
  | { readonly kind: "unreachable"; readonly code: string };

export interface NodeStatus {
  readonly member: Member;
  readonly probe: Probe;
  /** Committed entries that the node has not applied; `undefined` when it, or what is committed, is unknown. */
  readonly lag: number | undefined;
}

/** Asks every member by itself, all at once. */
export async function probeMembers(
  state: ClusterState,
  probe: (member: Member) => Promise<Probe>,
): Promise<readonly NodeStatus[]> {
  const probes = await Promise.all(membersOf(state).map(async (member) => ({ member, probe: await probe(member) })));
  const committed = Math.max(
    0,
    ...probes.map(({ probe: outcome }) => (outcome.kind === "answered" ? outcome.metrics.committedIndex : 0)),
  );
  return probes.map(({ member, probe: outcome }) => ({
    member,
    probe: outcome,
    // The answers are not of one instant: a node may have gone on since another one answered.
    lag: outcome.kind === "answered" ? Math.max(0, committed - outcome.metrics.appliedIndex) : undefined,
  }));
}

const COLUMNS: readonly Column[] = [
  { heading: "ID" },
  { heading: "KIND" },
  { heading: "ROLE" },
  { heading: "TERM", align: "right" },
  { heading: "APPLIED", align: "right" },
  { heading: "COMMITTED", align: "right" },
  { heading: "LAST", align: "right" },
  { heading: "LAG", align: "right" },
  { heading: "ADDRESSES" },
];

export function statusReport(clusterId: string, nodes: readonly NodeStatus[]): Report {
  const lines = nodes.map(nodeJson);
  return {
    json: { clusterId, nodes: lines },
    jsonLines: lines,
    table: (view) => `${statusTable(nodes, view)}\n\ncluster ${clusterId}`,
    raw: () => nodes.map(({ member, probe }) => `${nodeIdText(member.nodeId)} ${probeWord(probe)}\n`).join(""),
  };
}

function statusTable(nodes: readonly NodeStatus[], { style, widthMax }: TableView): string {
  const rows = nodes.map(({ member, probe, lag }) => {
    const known = probe.kind === "answered" ? metricsCells(probe.metrics, lag) : ["-", "-", "-", "-", "-"];
    const word = probeWord(probe);
    const role = probe.kind === "unreachable" ? style.bad(word) : word === "leader" ? style.good(word) : word;
    return [nodeIdText(member.nodeId), member.kind, role, ...known, addressesForPeople(member.addresses)];
  });
  return formatTable(COLUMNS, rows, { style, widthMax });
}

function metricsCells(
  { term, appliedIndex, committedIndex, lastLogId }: NodeMetrics,
  lag: number | undefined,
): string[] {
  return [term, appliedIndex, committedIndex, lastLogId.index, lag ?? "-"].map(String);
}

function probeWord(probe: Probe): string {
  return probe.kind === "answered" ? probe.metrics.role : "unreachable";
}

function nodeJson({ member, probe, lag }: NodeStatus): JsonValue {
  const { nodeId, kind, peerId, addresses } = member;
  const who = { nodeId: nodeIdText(nodeId), kind, peerId, addresses };
  if (probe.kind === "unreachable") return { ...who, state: "unreachable", code: probe.code };
  const { role, term, appliedIndex, committedIndex, lastLogId } = probe.metrics;
  return { ...who, state: "answered", role, term, appliedIndex, committedIndex, lastIndex: lastLogId.index, lag };
}
