import type { NodeId } from "@aspenjs/api";
import { formatDuration } from "../duration.ts";
import { nodeIdText } from "../node-id-text.ts";
import type { Report } from "../output-format.ts";
import { formatCount } from "../progress-line.ts";
import { formatTable } from "../table.ts";

/** What one node gave back of what was written. */
export interface NodeReadback {
  readonly nodeId: NodeId;
  readonly role: string;
  readonly wasKilled: boolean;
  readonly keys: number;
  /** Keys that are missing, too many or have another value. */
  readonly differences: number;
  readonly readMs: number;
}

export interface OnceResult {
  readonly keysWritten: number;
  readonly keysPerSecond: number;
  readonly killedNode: NodeId;
  readonly failoverGapMs: number;
  readonly nodes: readonly NodeReadback[];
}

export function isRoundGood({ nodes, keysWritten }: OnceResult): boolean {
  return nodes.length > 0 && nodes.every(({ keys, differences }) => differences === 0 && keys === keysWritten);
}

export function onceReport(result: OnceResult): Report {
  const { keysWritten, keysPerSecond, killedNode, failoverGapMs, nodes } = result;
  const lines = nodes.map(({ nodeId, role, wasKilled, keys, differences, readMs }) => ({
    nodeId: nodeIdText(nodeId),
    keys,
    equal: differences === 0 && keys === keysWritten,
    differences,
    role,
    wasKilled,
    readMs: Math.round(readMs),
  }));
  return {
    json: {
      keysWritten,
      importKeysPerSecond: Math.round(keysPerSecond),
      killedNode: nodeIdText(killedNode),
      failoverGapMs: Math.round(failoverGapMs),
      nodes: lines,
    },
    jsonLines: lines,
    table: ({ style, widthMax }) => {
      const rows = lines.map(({ nodeId, keys, equal, role, wasKilled, readMs }) => [
        nodeId,
        formatCount(keys),
        equal ? style.good("yes") : style.bad("NO"),
        wasKilled ? `${role}, was killed` : role,
        formatDuration(readMs),
      ]);
      const columns = [
        { heading: "NODE" },
        { heading: "KEYS", align: "right" },
        { heading: "EQUAL" },
        { heading: "STATE" },
        { heading: "TIME", align: "right" },
      ] as const;
      const written = `${formatCount(keysWritten)} keys written, ${formatCount(keysPerSecond)}/s`;
      const verdict = isRoundGood(result) ? style.good("all equal") : style.bad("DIFFERENCES");
      return [
        formatTable(columns, rows, { style, widthMax }),
        "",
        `${written}; failover gap ${Math.round(failoverGapMs)} ms; ${verdict}`,
      ].join("\n");
    },
    raw: () => `${isRoundGood(result) ? "ok" : "failed"}\n`,
  };
}
