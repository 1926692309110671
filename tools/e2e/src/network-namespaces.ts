import { execFileSync, spawnSync } from "node:child_process";
import type { NodeId } from "@aspenjs/api";

const CLIENT_HOST = 254;
const SUBNETS = 200;

/** Why no network can be made here; `undefined` when one can. */
export function namespaceProblem(): string | undefined {
  const name = `aspen-probe-${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  if (made.error !== undefined) return `ip cannot be started: ${made.error.message}`;
  if (made.status !== 0) return `network namespaces cannot be made: ${made.stderr.trim()}`;
  spawnSync("ip", ["netns", "delete", name]);
  return undefined;
}

/**
 * A network namespace for each node, all on one bridge, which lives in a namespace of its own; this process has a leg in
 * it as well. What is cut is cut in silence: packets vanish, nobody hears of a broken connection.
 */
export class NetworkNamespaces {
  readonly #prefix = `aspen-${process.pid}`;
  readonly #subnet = `10.${20 + (process.pid % SUBNETS)}.0`;
  readonly #nodeIds: readonly NodeId[];
  #cuts: (readonly [from: NodeId, to: NodeId])[] = [];

  constructor(nodeIds: readonly NodeId[]) {
    this.#nodeIds = nodeIds;
    const hub = this.#hub;
    ip("netns", "add", hub);
    inside(hub, "ip", "link", "add", "bridge", "type", "bridge");
    inside(hub, "ip", "link", "set", "bridge", "up");
    for (const nodeId of nodeIds) {
      const namespace = this.#namespace(nodeId);
      ip("netns", "add", namespace);
      inside(hub, "ip", "link", "add", `n${nodeId}`, "type", "veth", "peer", "name", "eth0", "netns", namespace);
      inside(hub, "ip", "link", "set", `n${nodeId}`, "master", "bridge", "up");
      inside(namespace, "ip", "address", "add", `${this.host(nodeId)}/24`, "dev", "eth0");
      inside(namespace, "ip", "link", "set", "eth0", "up");
      inside(namespace, "ip", "link", "set", "lo", "up");
    }
    const leg = `asp${process.pid}`;
    ip("link", "add", leg, "type", "veth", "peer", "name", "client", "netns", hub);
    inside(hub, "ip", "link", "set", "client", "master", "bridge", "up");
    ip("address", "add", `${this.#subnet}.${CLIENT_HOST}/24`, "dev", leg);
    ip("link", "set", leg, "up");
  }

  host(nodeId: NodeId): string {
    return `${this.#subnet}.${nodeId}`;
  }

  /** Starts a program in the node's namespace, as the process that was started. */
  wrapper(nodeId: NodeId): readonly string[] {
    return ["ip", "netns", "exec", this.#namespace(nodeId)];
  }

  /** Nothing passes between the node and the other nodes any more; clients still reach it. */
  isolate(nodeId: NodeId): void {
    for (const other of this.#nodeIds) {
      if (other === nodeId) continue;
      this.cutOneWay(nodeId, other);
      this.cutOneWay(other, nodeId);
    }
  }

  cutOneWay(from: NodeId, to: NodeId): void {
    inside(this.#namespace(from), "ip", "route", "replace", "blackhole", `${this.host(to)}/32`);
    this.#cuts.push([from, to]);
  }

  heal(): void {
    for (const [from, to] of this.#cuts) {
      inside(this.#namespace(from), "ip", "route", "delete", "blackhole", `${this.host(to)}/32`);
    }
    this.#cuts = [];
  }

  /** Whatever runs in the namespaces has ended. */
  close(): void {
    for (const nodeId of this.#nodeIds) ip("netns", "delete", this.#namespace(nodeId));
    ip("netns", "delete", this.#hub);
  }

  get #hub(): string {
    return `${this.#prefix}-hub`;
  }

  #namespace(nodeId: NodeId): string {
    return `${this.#prefix}-${nodeId}`;
  }
}

function ip(...words: readonly string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}

function inside(namespace: string, ...words: readonly string[]): void {
  ip("netns", "exec", namespace, ...words);
}
