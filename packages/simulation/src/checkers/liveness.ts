import { AspenError, type NodeMetrics } from "@aspenjs/api";
import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import type { StateMachineSafety } from "./state-machine-safety.ts";

const LOOK_US = 200_000;
const CALL_DEADLINE_MS = 5_000;

/**
 * Once the faults have stopped the cluster comes back by itself, within a bound of virtual time: one leader, a write
 * and a read served, and every member at one place with one state.
 */
export class Liveness {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async check(withinUs: number, safety: StateMachineSafety): Promise<void> {
    const { time } = this.#world;
    const startUs = time.nowUs;
    let isServed = false;
    const client = this.#world.addClient("last-caller");
    client.run(async () => {
      while (!isServed) {
        try {
          const connected = await client.connect({ deadlineMs: CALL_DEADLINE_MS });
          await connected.store.write(
            { kind: "set", key: "last", value: new Uint8Array(1) },
            { deadlineMs: CALL_DEADLINE_MS },
          );
          await connected.store.get({ key: "last" }, { deadlineMs: CALL_DEADLINE_MS });
          isServed = true;
        } catch (error) {
          if (!(error instanceof AspenError)) throw error;
          await client.sleep(200);
        }
      }
    });
    let missing = "it serves nobody";
    while (time.nowUs < startUs + withinUs && this.#world.violation === undefined) {
      await time.pass(LOOK_US);
      missing = isServed ? this.#disagreement() : "it serves nobody";
      if (missing === "") break;
    }
    if (this.#world.violation !== undefined) return;
    if (missing !== "") {
      this.#world.fail("liveness", `${withinUs / 1_000_000} s after the last fault: ${missing}`);
      return;
    }
    for (const { nodeId, machine } of this.#world.nodes.values()) {
      if (machine !== undefined) safety.compare(nodeId, machine);
    }
    await time.pass(LOOK_US);
  }

  /** What keeps the members from being one; empty when nothing does. */
  #disagreement(): string {
    const nodes = [...this.#world.nodes.values()];
    const leaders = nodes.filter(({ node }) => node?.metrics().role === "leader");
    const leader = leaders.toSorted((left, right) => termOf(right) - termOf(left))[0];
    const metrics = leader?.node?.metrics();
    const membership = leader?.membership;
    if (metrics === undefined || membership === undefined) return "nobody leads";
    if (membership.outgoingVoters.length > 0) return "the membership is still in its joint phase";
    for (const { nodeId } of membership.nodes) {
      const member = this.#world.node(nodeId);
      if (member.isDamaged) continue;
      const problem = problemOf(member, metrics);
      if (problem !== undefined) return problem;
      if (JSON.stringify(member.membership) !== JSON.stringify(membership)) {
        return `node ${nodeId} knows another membership than the leader`;
      }
    }
    return "";
  }
}

function termOf({ node }: SimulatedNode): number {
  return node?.metrics().term ?? 0;
}

function problemOf(member: SimulatedNode, leader: NodeMetrics): string | undefined {
  const metrics = member.node?.metrics();
  if (metrics === undefined) return `node ${member.nodeId} is not up: ${JSON.stringify(member.life.kind)}`;
  if (metrics.term !== leader.term) {
    return `node ${member.nodeId} is in term ${metrics.term}, the leader in ${leader.term}`;
  }
  if (metrics.appliedIndex === leader.lastLogId.index) return undefined;
  return `node ${member.nodeId} has applied ${metrics.appliedIndex} of ${leader.lastLogId.index}`;
}
