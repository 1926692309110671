import type { PlannedFault } from "../faults/fault-plan.ts";
import type { Violation } from "./violation.ts";

/** What the lines do not say of their run. */
export interface TimelineFacts {
  readonly seed?: number;
  /** A command that lives through the same run again. */
  readonly reproduce?: string;
  /** With it, the end of every stroke is the one that was planned for it. */
  readonly plan?: readonly PlannedFault[];
  /** How long faults and clients went on. */
  readonly chaosMs?: number;
  readonly violation?: Violation | undefined;
}
