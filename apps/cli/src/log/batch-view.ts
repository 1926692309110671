import {
  unreachable,
  type Compare,
  type KeyRange,
  type LogAction,
  type LogBatch,
  type LogRecord,
  type TransactionOperation,
} from "@aspenjs/api";
import { formatDuration } from "../duration.ts";
import { valueForPeople } from "../entry-view.ts";
import { leaseIdText } from "../lease-text.ts";
import { nodeIdText } from "../node-id-text.ts";
import type { Report } from "../output-format.ts";
import { printable } from "../printable.ts";
import { recordJson } from "./record-json.ts";

/** Entries of the log, a line each, or a line that says how far there was nothing to tell. */
export function logBatchReport({ records, throughIndex, committedIndex }: LogBatch): Report {
  const lines = records.map(recordJson);
  return {
    json: { records: lines, throughIndex, committedIndex },
    jsonLines: lines.length > 0 ? lines : [{ kind: "progress", throughIndex, committedIndex }],
    table: ({ style, widthMax }) => {
      if (records.length === 0) return style.faint(`${throughIndex}  nothing more up to here`);
      return records.map((record) => recordText(record, widthMax)).join("\n");
    },
    raw: () => records.map(({ index }) => `${index}\n`).join(""),
  };
}

function recordText(record: LogRecord, widthMax: number | undefined): string {
  const head = `${record.index}  ${record.term}  `;
  switch (record.kind) {
    case "blank":
      return `${head}a leader begins`;
    case "membership": {
      const { voters, outgoingVoters, learners } = record.membership;
      const lists = [
        `voters ${voters.map(nodeIdText).join(" ")}`,
        ...(outgoingVoters.length > 0 ? [`outgoing ${outgoingVoters.map(nodeIdText).join(" ")}`] : []),
        ...(learners.length > 0 ? [`learners ${learners.map(nodeIdText).join(" ")}`] : []),
      ];
      return `${head}membership: ${lists.join(", ")}`;
    }
    case "command":
      return `${head}${actionText(record.action, widthMax)}${record.isPartial ? "  (in part)" : ""}`;
    default:
      return unreachable(record);
  }
}

function actionText(action: LogAction, widthMax: number | undefined): string {
  switch (action.kind) {
    case "set":
    case "delete":
    case "deleteRange":
      return operationText(action, widthMax);
    case "setMulti":
      return action.pairs.map((pair) => operationText({ kind: "set", ...pair }, widthMax)).join("; ");
    case "deleteMulti":
      return action.keys.map((key) => operationText({ kind: "delete", key }, widthMax)).join("; ");
    case "compareAndSwap":
      return `swap ${printable(action.key)} = ${valueForPeople(action.value, widthMax)}`;
    case "compareAndDelete":
      return `delete ${printable(action.key)}, compared`;
    case "transaction": {
      const listed = (operations: readonly TransactionOperation[]) =>
        operations.map((operation) => operationText(operation, widthMax)).join("; ") || "nothing";
      const compares = action.compares.map((compare) => compareText(compare, widthMax)).join(", ") || "so it is";
      return `if ${compares}: ${listed(action.success)}; else: ${listed(action.failure)}`;
    }
    case "leaseGrant":
      return `grant a lease of ${formatDuration(action.ttlMs)}`;
    case "leaseRevoke":
      return `revoke lease ${leaseIdText(action.leaseId)}`;
    case "renewLeases":
      return `renew leases ${action.leaseIds.map(leaseIdText).join(" ")}`;
    case "expireLeases":
      return `end leases ${action.leaseIds.map(leaseIdText).join(" ")}`;
    case "extendLeases":
      return "extend all leases";
    case "openSession":
      return "open a session";
    case "closeSession":
      return "close a session";
    default:
      return unreachable(action);
  }
}

function operationText(operation: TransactionOperation, widthMax: number | undefined): string {
  switch (operation.kind) {
    case "set":
      return `set ${printable(operation.key)} = ${valueForPeople(operation.value, widthMax)}`;
    case "get":
    case "delete":
      return `${operation.kind} ${printable(operation.key)}`;
    case "deleteRange":
      return `delete ${rangeText(operation.range)}`;
    case "scan":
      return `scan ${rangeText(operation.range)}`;
    default:
      return unreachable(operation);
  }
}

function compareText(compare: Compare, widthMax: number | undefined): string {
  const against = compare.target === "value" ? valueForPeople(compare.value, widthMax) : String(compare.number);
  return `${compare.target} of ${printable(compare.key)} ${compare.operator} ${against}`;
}

function rangeText(range: KeyRange): string {
  if (range.kind === "prefix") return `all with the prefix "${printable(range.prefix)}"`;
  if (range.end.startsWith("\u{10FFFF}")) return `all from "${printable(range.start)}" on`;
  return `all from "${printable(range.start)}" up to "${printable(range.end)}"`;
}
