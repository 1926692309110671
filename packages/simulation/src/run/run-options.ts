import type { NodeConfig } from "@aspenjs/cluster";
import type { DiskPace } from "../cluster/simulated-node.ts";
import type { PlannedFault } from "../faults/fault-plan.ts";
import type { RouteQuality } from "../network/route.ts";

/** All that decides a run. Plain data: it is what an artifact holds, and what shrinking makes smaller. */
export interface RunOptions {
  readonly seed: number;
  readonly nodeCount: number;
  readonly clientCount: number;
  /** Clients that take locks. */
  readonly lockHolderCount: number;
  readonly watcherCount: number;
  readonly groupCount: number;
  readonly thinkMsMax: number;
  readonly config: Partial<NodeConfig>;
  readonly driftPpmMax: number | undefined;
  readonly quality: RouteQuality;
  readonly pace: DiskPace;
  /** Revisions whose changes the state remembers. */
  readonly historyRevisionsMax: number;
  /** How long faults and clients go on. */
  readonly chaosMs: number;
  readonly plan: readonly PlannedFault[];
  /** Whether the fault points in the code take part. */
  readonly hasFaultPoints: boolean;
}

/** What may be chosen; everything else is drawn. */
export interface RunChoices {
  readonly nodeCount?: number | undefined;
  readonly clientCount?: number | undefined;
  readonly chaosMs?: number | undefined;
  /** Names of the faults that may strike. Default: all. */
  readonly faults?: readonly string[] | undefined;
}
