import { ok } from "node:assert/strict";
import { AspenError } from "../aspen-error.ts";
import type { ClusterController } from "../cluster-controller.ts";
import type { NodeRecord } from "../membership.ts";

/** A cluster that runs and was never initialised, and the nodes that can be its first members. */
export interface NewCluster {
  readonly controller: ClusterController;
  /** At least two. */
  readonly members: readonly NodeRecord[];
}

/** Nobody else changes the cluster while a case runs. Every case leaves the members as it found them. */
export interface ClusterControllerSubject {
  /** Of a cluster that is initialised and has a quorum, with room for two members more. */
  readonly controller: ClusterController;
  /** Another node at each call: running, reachable, and no member of any cluster. */
  newNode(): NodeRecord | Promise<NodeRecord>;
  newCluster(): NewCluster | Promise<NewCluster>;
  /** Lets the cluster work for a while, in real or in simulated time. */
  pause(delayMs: number): Promise<void>;
}

const TRIES_MAX = 200;
const PAUSE_MS = 50;

/** A node id that no cluster under test uses. */
export const UNKNOWN_NODE = 999_999_999;

/** Makes a call, again and again while the cluster says that it is only busy, as during an election. */
export async function patiently<Result>(
  subject: Pick<ClusterControllerSubject, "pause">,
  call: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === TRIES_MAX || !isBusy(error)) throw error;
      await subject.pause(PAUSE_MS);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof AspenError && ["not_leader", "unavailable", "timeout"].includes(error.code);
}

/** Waits, within bounds, for what a cluster brings about by itself. */
export async function eventually<Result>(
  subject: Pick<ClusterControllerSubject, "pause">,
  what: string,
  look: () => Promise<Result | undefined>,
): Promise<Result> {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const result = await patiently(subject, look);
    if (result !== undefined) return result;
    await subject.pause(PAUSE_MS);
  }
  ok(false, `never happened: ${what}`);
}

/** Runs the body with a new learner, and removes that node afterwards, whatever has become of it. */
export async function withNewLearner(
  subject: ClusterControllerSubject,
  body: (node: NodeRecord) => Promise<void>,
): Promise<void> {
  const { controller } = subject;
  const node = await subject.newNode();
  await patiently(subject, () => controller.addLearner(node, { waitForCatchUp: true }));
  try {
    await body(node);
  } finally {
    const { membership } = await patiently(subject, () => controller.currentState());
    if (membership.nodes.some((record) => record.nodeId === node.nodeId)) {
      await patiently(subject, () => controller.removeNode(node.nodeId));
    }
  }
}
