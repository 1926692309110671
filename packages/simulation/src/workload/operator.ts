import { AspenError, type Membership, type NodeId } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import type { World } from "../cluster/world.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { OperationName } from "./operation-name.ts";
import { MembershipErrands, type Errand, type ErrandStep } from "./membership-errands.ts";

const CALL_DEADLINE_MS = 8_000;
/** After a call whose outcome nobody knows, this long until it has certainly ended one way or the other. */
const SETTLING_US = 30_000_000;

/** Who changes the cluster: one thing at a time, with a client of its own. Errors are what operators live with. */
export class Operator {
  readonly #world: World;
  readonly #client: SimulatedClient;
  readonly #errands: MembershipErrands;
  #connected: AspenClient | undefined;
  #isBusy = false;
  #isStopping = false;
  #unsettledUntilUs = 0;
  /** Calls that succeeded, by name. */
  readonly counts: Partial<Record<OperationName, number>> = {};

  constructor(world: World, nodeCount: number) {
    this.#world = world;
    this.#client = world.addClient("operator");
    this.#errands = new MembershipErrands(world, nodeCount);
  }

  /** Nothing is under way that could still change the membership. */
  get isSettled(): boolean {
    return !this.#isBusy && this.#world.time.nowUs >= this.#unsettledUntilUs;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** Founds the cluster on the first nodes. */
  found(nodeIds: readonly NodeId[]): void {
    const records = nodeIds.map((nodeId) => this.#world.node(nodeId).record);
    this.#client.run(async () => {
      for (;;) {
        try {
          this.#connected = await this.#client.connect();
          await this.#connected.cluster.init(records);
          this.#count("init");
          return;
        } catch (error) {
          if (!(error instanceof AspenError)) throw error;
          await this.#disconnect();
          if (error.code === "already_initialized") {
            this.#count("init");
            return;
          }
          await this.#client.sleep(500);
        }
      }
    });
  }

  transferLeadership(random: SeededRandom): boolean {
    const nodeId = random.below(2) === 0 ? undefined : this.#pickMember(random);
    const step: ErrandStep = {
      name: "transferLeadership",
      call: (cluster) => cluster.transferLeadership(nodeId, { deadlineMs: CALL_DEADLINE_MS }),
    };
    return this.#do({ text: "leadership is to move", steps: [step] });
  }

  /** On one node, not necessarily the leader. */
  takeSnapshot(random: SeededRandom): boolean {
    const running = [...this.#world.nodes.values()].filter(({ node }) => node?.isInitialized === true);
    if (running.length === 0) return false;
    const node = random.pick(running);
    const controller = node.node?.controller;
    const process = node.process;
    if (controller === undefined || process === undefined) return false;
    process.run(() => {
      controller.triggerSnapshot({ deadlineMs: CALL_DEADLINE_MS }).then(
        () => this.#count("takeSnapshot"),
        (error: unknown) => {
          if (!(error instanceof AspenError)) throw error;
        },
      );
    });
    return true;
  }

  /** @returns what is tried, or nothing when the operator is busy */
  changeMembership(random: SeededRandom): string | undefined {
    if (this.#isBusy || this.#isStopping) return undefined;
    const membership = this.#latestMembership();
    if (membership === undefined) return undefined;
    const errand = this.#errands.draw(membership, random);
    if (errand !== undefined) this.#do(errand);
    return errand?.text;
  }

  #latestMembership(): Membership | undefined {
    return this.#world.leader?.membership;
  }

  #pickMember(random: SeededRandom): NodeId | undefined {
    const membership = this.#latestMembership();
    return membership === undefined ? undefined : random.pick(membership.voters);
  }

  #do({ steps }: Errand): boolean {
    if (this.#isBusy || this.#isStopping) return false;
    this.#isBusy = true;
    this.#client.run(async () => {
      try {
        for (const step of steps) if (!this.#isStopping && !(await this.#take(step))) return;
      } finally {
        this.#isBusy = false;
      }
    });
    return true;
  }

  async #take({ name, call }: ErrandStep): Promise<boolean> {
    try {
      this.#connected ??= await this.#client.connect();
      await call(this.#connected.cluster);
      this.#count(name);
      this.#world.trace.note("operator", "operator", `${name}: done`);
      return true;
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      this.#unsettledUntilUs = this.#world.time.nowUs + SETTLING_US;
      this.#world.trace.note("operator", "operator", `${name}: ${error.code}, ${error.message}`);
      await this.#disconnect();
      return false;
    }
  }

  /** After an error the next call is made with a new connection. */
  async #disconnect(): Promise<void> {
    const connected = this.#connected;
    this.#connected = undefined;
    await connected?.close();
  }

  #count(name: OperationName): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}
