import { assert } from "@aspenjs/api";
import { SeededRandom } from "../random/seeded-random.ts";
import { faultNamed } from "./fault-catalogue.ts";
import type { PlannedFault } from "./fault-plan.ts";
import type { Scene, Undo } from "./fault.ts";

/** Carries a plan out: each stroke at its time, its end after its duration, and all of them when asked to. */
export class FaultInjector {
  readonly #scene: Scene;
  readonly #underWay = new Set<Undo>();
  #isOver = false;
  /** Strokes that really hit, by name. */
  readonly counts: Record<string, number> = {};

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  schedule(plan: readonly PlannedFault[]): void {
    const { time } = this.#scene.world;
    for (const planned of plan) {
      const dueUs = planned.atMs * 1_000;
      if (dueUs >= time.nowUs) time.after(dueUs - time.nowUs, () => this.#strike(planned));
    }
  }

  /** Nothing more happens, and everything that was broken is mended. */
  healAll(): void {
    this.#isOver = true;
    for (const undo of this.#underWay) undo();
    this.#underWay.clear();
    const { world } = this.#scene;
    for (const node of world.nodes.values()) world.startAgain(node);
  }

  #strike(planned: PlannedFault): void {
    const { world } = this.#scene;
    if (this.#isOver || world.violation !== undefined) return;
    const fault = faultNamed(planned.name);
    assert(fault !== undefined, `"${planned.name}" is a fault`);
    const outcome = fault.strike(this.#scene, new SeededRandom(planned.seed));
    if (outcome.kind === "skipped") return;
    this.counts[fault.name] = (this.counts[fault.name] ?? 0) + 1;
    world.trace.note("fault", fault.name, outcome.text);
    const { undo } = outcome;
    if (undo === undefined) return;
    this.#underWay.add(undo);
    world.time.after(planned.durationMs * 1_000, () => {
      if (!this.#underWay.delete(undo)) return;
      undo();
      world.trace.note("fault", fault.name, "ends");
    });
  }
}
