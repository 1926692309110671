import type { World } from "../cluster/world.ts";
import type { RecordedCall } from "../workload/recorded-call.ts";

/** Placeholder until the package is merged. */
export class AnswersAreLinearizable {
  constructor(_world: World) {}
  check(_calls: readonly RecordedCall[]): void {}
}
