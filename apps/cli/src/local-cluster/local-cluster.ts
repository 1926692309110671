/**
 * A cluster of nodes on this machine: makes or resumes a data directory, starts its nodes, forms the cluster once, and
 * stops everything again.
 */
import { setTimeout as delay } from "node:timers/promises";
import { AspenError, type NodeId, type NodeRecord } from "@aspenjs/api";
import { clusterIdOf, readOrCreateSecretFile } from "@aspenjs/cluster/default";
import { decodeClientTicket, type ClusterSecret } from "@aspenjs/protocol";
import { createSystemRandom } from "@aspenjs/transport/libp2p";
import { mintAdminTicket } from "../admin-ticket.ts";
import type { Host } from "../host.ts";
import { limits } from "../limits.ts";
import { recordOf } from "../member-text.ts";
import { UsageError } from "../usage-error.ts";
import type { ClusterDirectory, PlannedNode } from "./cluster-directory.ts";
import { findFreePorts } from "./free-port.ts";
import { NodeProcess } from "./node-process.ts";
import { findNodeProgram } from "./node-program.ts";
import { takeUpLock } from "./up-lock.ts";

export interface LocalClusterOptions {
  readonly host: Host;
  readonly directory: ClusterDirectory;
  /** For a first start; later it must be the same one when it is given. */
  readonly nodeCount: number | undefined;
  /** For a first start: the first port that is tried. */
  readonly portBase: number | undefined;
  readonly onNodeChange: (node: NodeProcess) => void;
}

export interface FormedCluster {
  readonly ticket: string;
  readonly clusterId: string;
  readonly leader: NodeId;
  /** The cluster was there before this start. */
  readonly isResumed: boolean;
}

const LEADER_POLL_MS = 100;

export class LocalCluster {
  readonly nodes: readonly NodeProcess[];
  readonly #options: LocalClusterOptions;
  readonly #secret: ClusterSecret;
  readonly #unlock: () => Promise<void>;
  readonly #killAll = (): void => this.killNow();

  private constructor(
    options: LocalClusterOptions,
    plan: readonly PlannedNode[],
    secret: ClusterSecret,
    unlock: () => Promise<void>,
  ) {
    const program = findNodeProgram();
    const { directory, onNodeChange } = options;
    this.#options = options;
    this.#secret = secret;
    this.#unlock = unlock;
    this.nodes = plan.map((node) => new NodeProcess({ ...node, directory, program, onChange: onNodeChange }));
  }

  /** Nothing runs yet. @throws UsageError, AspenError `conflict` when somebody else runs this cluster */
  static async open(options: LocalClusterOptions): Promise<LocalCluster> {
    const { directory } = options;
    await directory.make();
    const unlock = await takeUpLock(directory.root);
    try {
      const plan = await planOf(options);
      const secret = await readOrCreateSecretFile(directory.secretPath, createSystemRandom());
      return new LocalCluster(options, plan, secret, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Resolves when there is a leader. A node that cannot be started matters only while the cluster is not formed. */
  async start(): Promise<FormedCluster> {
    // Whatever ends this process by a way of its own choosing takes the nodes with it.
    process.once("exit", this.#killAll);
    for (const node of this.nodes) node.start();
    const starts = await Promise.allSettled(this.nodes.map(async (node) => recordOf(await node.running())));
    const records = starts.filter((start) => start.status === "fulfilled").map(({ value }) => value);
    const failures = starts.filter((start) => start.status === "rejected").map(({ reason }): unknown => reason);
    if (records.length * 2 <= this.nodes.length) throw cannotStart(failures);
    const ticket = await this.#writeTicket(records, failures.length === 0);
    const isResumed = await this.#form(ticket, records, failures);
    const leader = await this.#awaitLeader(ticket);
    return { ticket, clusterId: clusterIdOf(this.#secret), leader, isResumed };
  }

  /** Resolves when no process of this cluster is left. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    process.off("exit", this.#killAll);
    await this.#unlock();
  }

  killNow(): void {
    for (const node of this.nodes) node.killNow();
  }

  /** The ticket of an earlier start is kept while it names the same nodes: people have it in their environment. */
  async #writeTicket(records: readonly NodeRecord[], isComplete: boolean): Promise<string> {
    const { directory } = this.#options;
    const addresses = records.flatMap((record) => record.addresses);
    const present = await directory.readTicket();
    const decoded = present === undefined ? undefined : decodeClientTicket(present);
    if (present !== undefined && decoded?.kind === "accepted") {
      const isSame = addresses.every((address) => decoded.ticket.addresses.includes(address));
      const isOurs = decoded.ticket.clusterId === clusterIdOf(this.#secret);
      if (isOurs && (isSame || !isComplete)) return present;
    }
    const ticket = await mintAdminTicket({ secret: this.#secret, addresses });
    await directory.writeTicket(ticket);
    return ticket;
  }

  /** @returns whether the cluster had been formed before */
  async #form(ticket: string, records: readonly NodeRecord[], failures: readonly unknown[]): Promise<boolean> {
    const endpoint = records[0]?.addresses[0];
    const client = await this.#options.host.connect({ ticket, endpoint, deadlineMs: limits.clusterFormMs });
    try {
      await client.cluster.currentState();
      return true;
    } catch (error) {
      if (!AspenError.isCode(error, "not_initialized")) throw error;
      if (failures.length > 0) throw cannotStart(failures);
      await client.cluster.init(records);
      return false;
    } finally {
      await client.close();
    }
  }

  async #awaitLeader(ticket: string): Promise<NodeId> {
    const { host } = this.#options;
    const giveUpAtMs = performance.now() + limits.clusterFormMs;
    const client = await host.connect({ ticket, endpoint: undefined, deadlineMs: limits.clusterFormMs });
    try {
      for (;;) {
        const leader = await client.cluster.getLeader();
        if (leader !== undefined) return leader.nodeId;
        if (performance.now() > giveUpAtMs) throw new AspenError("unavailable", "no node leads the others");
        await delay(LEADER_POLL_MS);
      }
    } finally {
      await client.close();
    }
  }
}

function cannotStart(failures: readonly unknown[]): AspenError {
  return new AspenError("unavailable", `${failures.length} of the nodes do not start`, { cause: failures[0] });
}

async function planOf(options: LocalClusterOptions): Promise<readonly PlannedNode[]> {
  const { directory, nodeCount, portBase } = options;
  const present = await directory.readPlan();
  if (present === undefined) {
    const ports = await findFreePorts(nodeCount ?? limits.upNodesDefault, portBase ?? limits.upPortDefault);
    const plan = ports.map((port, position) => ({ nodeId: position + 1, port }));
    await directory.writePlan(plan);
    return plan;
  }
  if (nodeCount !== undefined && nodeCount !== present.length) {
    throw new UsageError(`${directory.root} holds a cluster of ${present.length} nodes, not ${nodeCount}`);
  }
  if (portBase !== undefined && portBase !== present[0]?.port) {
    throw new UsageError(`the cluster in ${directory.root} has its ports: they start at ${present[0]?.port}`);
  }
  return present;
}
