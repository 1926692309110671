/** `aspen up` in the foreground: from the first node's start to the last one's end. */
import { relative, resolve } from "node:path";
import type { Host } from "../host.ts";
import { Interruption, watchForInterruption } from "../interruption.ts";
import { tableView } from "../output-format.ts";
import { shellAlias } from "../own-command.ts";
import { DATA_DIRECTORY_DEFAULT } from "../ticket-source.ts";
import type { ClusterDirectory } from "./cluster-directory.ts";
import { LocalCluster, type FormedCluster } from "./local-cluster.ts";
import { NodeMonitor } from "./node-monitor.ts";
import { LiveUpDisplay, PlainUpDisplay, type UpDisplay } from "./up-display.ts";
import { changeText, upTable } from "./up-view.ts";

export interface UpOptions {
  readonly host: Host;
  readonly directory: ClusterDirectory;
  readonly nodeCount: number | undefined;
  readonly portBase: number | undefined;
}

/** Below this width the lines of the state would break, and could not be redrawn. */
const LIVE_COLUMNS_MIN = 72;

/** Resolves when the user has stopped it and no node is left. */
export async function runUp({ host, directory, nodeCount, portBase }: UpOptions): Promise<void> {
  const { output } = host.terminal;
  const isLive = output.isTty && output.columns >= LIVE_COLUMNS_MIN;
  const display: UpDisplay = isLive ? new LiveUpDisplay(output) : new PlainUpDisplay(output);
  const cluster = await LocalCluster.open({
    host,
    directory,
    nodeCount,
    portBase,
    onNodeChange: ({ nodeId, address, state }) => {
      const text = changeText(nodeId, address, state);
      if (text !== undefined) display.line(text);
    },
  });
  const interruption = watchForInterruption(host, () => cluster.killNow());
  try {
    display.line(`${cluster.nodes.length} nodes, kept in ${displayPath(host, directory.root)}`);
    const formed = await interruption.guard(cluster.start());
    display.line(welcome(host, directory, formed));
    await showUntilAsked(host, cluster, formed.ticket, display, interruption.asked);
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
  } finally {
    display.end();
    display.line("stopping all nodes; Ctrl-C again is at once");
    await cluster.stop();
    display.line("all nodes are stopped");
    interruption.end();
  }
}

async function showUntilAsked(
  host: Host,
  cluster: LocalCluster,
  ticket: string,
  display: UpDisplay,
  asked: Promise<void>,
): Promise<void> {
  let announced = "";
  const monitor = new NodeMonitor(host, ticket, cluster.nodes, () => {
    const rows = cluster.nodes.map(({ nodeId, address, state }) => ({
      nodeId,
      address,
      state,
      reading: monitor.reading(nodeId),
    }));
    const leading = rows.find(({ reading }) => reading.metrics?.role === "leader");
    const metrics = leading?.reading.metrics;
    const announcement = metrics === undefined ? announced : `node ${metrics.nodeId} leads, term ${metrics.term}`;
    if (announcement !== announced) display.line(announcement);
    announced = announcement;
    display.status(upTable(rows, tableView(host)));
  });
  monitor.start();
  try {
    await asked;
  } finally {
    await monitor.stop();
  }
}

function welcome(host: Host, directory: ClusterDirectory, { ticket, clusterId, isResumed }: FormedCluster): string {
  const isDefault = directory.root === resolve(host.workingDirectory, DATA_DIRECTORY_DEFAULT);
  const path = displayPath(host, directory.ticketPath);
  const option = isDefault ? "" : ` --ticket-file ${path}`;
  const alias = shellAlias(host.workingDirectory);
  return [
    `cluster ${clusterId} ${isResumed ? "goes on" : "is formed"}`,
    "",
    `ticket (admin, keep it to yourself; also in ${path}):`,
    ticket,
    "",
    "try, in another terminal:",
    ...(alias === undefined ? [] : [`  ${alias}`]),
    `  aspen kv put greeting hello${option}`,
    `  aspen kv get greeting${option}`,
    `  aspen cluster status${option}`,
    "",
    `ready; Ctrl-C stops all nodes, and "aspen up" goes on from there`,
    "",
  ].join("\n");
}

function displayPath(host: Host, path: string): string {
  const fromHere = relative(host.workingDirectory, path);
  return fromHere.startsWith("..") ? path : fromHere;
}
