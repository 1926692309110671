import type { NodeId } from "@aspenjs/api";
import { nodeIdText } from "../node-id-text.ts";
import type { TableView } from "../output-format.ts";
import { formatTable, type Column } from "../table.ts";
import type { NodeReading } from "./node-monitor.ts";
import type { NodeState } from "./node-process.ts";

export interface NodeRow {
  readonly nodeId: NodeId;
  readonly address: string;
  readonly state: NodeState;
  readonly reading: NodeReading;
}

const MEBIBYTE = 1_048_576;
const COLUMNS: readonly Column[] = [
  { heading: "NODE" },
  { heading: "ROLE" },
  { heading: "TERM", align: "right" },
  { heading: "APPLIED", align: "right" },
  { heading: "LAG", align: "right" },
  { heading: "RSS", align: "right" },
  { heading: "ADDRESS" },
];

/** The nodes as they are at this moment. */
export function upTable(rows: readonly NodeRow[], view: TableView): string {
  const committed = Math.max(0, ...rows.map(({ reading }) => reading.metrics?.committedIndex ?? 0));
  const cells = rows.map(({ nodeId, address, state, reading: { metrics, residentBytes } }) => [
    nodeIdText(nodeId),
    roleText(state, metrics?.role, view),
    metrics === undefined ? "-" : String(metrics.term),
    metrics === undefined ? "-" : String(metrics.appliedIndex),
    metrics === undefined ? "-" : String(Math.max(0, committed - metrics.appliedIndex)),
    residentBytes === undefined ? "-" : `${Math.round(residentBytes / MEBIBYTE)} MiB`,
    address,
  ]);
  return formatTable(COLUMNS, cells, view);
}

function roleText(state: NodeState, role: string | undefined, { style }: TableView): string {
  switch (state.kind) {
    case "running":
      if (role === undefined) return style.warning("silent");
      return role === "leader" ? style.good(role) : role;
    case "waiting":
    case "held":
    case "givenUp":
      return style.bad("down");
    case "idle":
    case "starting":
      return style.warning("starting");
    case "stopped":
      return "stopped";
  }
}

/** A line for a change that people want to know of; nothing for the others. */
export function changeText(nodeId: NodeId, address: string, state: NodeState): string | undefined {
  const node = `node ${nodeIdText(nodeId)}`;
  switch (state.kind) {
    case "running":
      return `${node} listens at ${address}, process ${state.pid}`;
    case "waiting":
      return `${node} ${state.reason}; it is started again in ${state.delayMs} ms`;
    case "givenUp":
      return `${state.reason}`;
    case "held":
    case "idle":
    case "starting":
    case "stopped":
      return undefined;
  }
}
