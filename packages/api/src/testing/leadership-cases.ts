import { deepEqual, equal, ok } from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { NODE_ROLES } from "../cluster-state.ts";
import { compareLogIds } from "../log-id.ts";
import { isMember, memberIds } from "../membership.ts";
import { compareNodeIds } from "../node-id.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import {
  eventually,
  patiently,
  promote,
  remove,
  UNKNOWN_NODE,
  withNewLearner,
  type ClusterControllerSubject,
} from "./cluster-controller-subject.ts";
import { refusal } from "./refusal.ts";

export const leadershipCases: readonly AcceptanceCase<ClusterControllerSubject>[] = [
  {
    name: "leadership goes to the voter that was named, in a later term, and back",
    async run(subject) {
      const { controller } = subject;
      const first = await eventually(subject, "a leader", () => controller.getLeader());
      const before = await patiently(subject, () => controller.currentState());
      await withNewLearner(subject, async ({ nodeId }) => {
        await promote(subject, nodeId);
        equal(await patiently(subject, () => controller.transferLeadership(nodeId)), nodeId);
        await eventually(subject, "the new leader leads", async () => {
          return (await controller.getLeader())?.nodeId === nodeId ? true : undefined;
        });
        const after = await patiently(subject, () => controller.currentState());
        ok(after.term > before.term);
        equal(await patiently(subject, () => controller.transferLeadership(first.nodeId)), first.nodeId);
      });
    },
  },
  {
    name: "leadership without a name goes to a voter",
    async run(subject) {
      const { controller } = subject;
      await withNewLearner(subject, async ({ nodeId }) => {
        await promote(subject, nodeId);
        const successor = await patiently(subject, () => controller.transferLeadership());
        const { membership } = await patiently(subject, () => controller.currentState());
        ok(membership.voters.includes(successor));
      });
    },
  },
  {
    name: "leadership does not go to a learner, nor to a stranger",
    async run(subject) {
      const { controller } = subject;
      await refusal(
        patiently(subject, () => controller.transferLeadership(UNKNOWN_NODE)),
        "not_found",
      );
      await withNewLearner(subject, async ({ nodeId }) => {
        await refusal(
          patiently(subject, () => controller.transferLeadership(nodeId)),
          "invalid_request",
        );
      });
    },
  },
  {
    name: "a leader that is removed leaves, and another voter leads",
    async run(subject) {
      const { controller } = subject;
      await withNewLearner(subject, async ({ nodeId }) => {
        await promote(subject, nodeId);
        await patiently(subject, () => controller.transferLeadership(nodeId));
        const { membership } = await remove(subject, nodeId);
        equal(isMember(membership, nodeId), false);
        const leader = await eventually(subject, "another leader", async () => {
          const present = await controller.getLeader();
          return present?.nodeId === nodeId ? undefined : present;
        });
        ok(membership.voters.includes(leader.nodeId));
      });
    },
  },
  {
    name: "a node's figures do not contradict each other",
    async run(subject) {
      const { controller } = subject;
      // A node that has just left is served until it knows: for a moment, a leader has a peer that is no member.
      await eventually(subject, "the peers of a leader are the other members", async () => {
        const metrics = await controller.getMetrics();
        const { membership } = await controller.currentState();
        ok(NODE_ROLES.includes(metrics.role));
        ok(metrics.appliedIndex <= metrics.committedIndex && metrics.committedIndex <= metrics.lastLogId.index);
        ok(metrics.snapshotLogId.index <= metrics.appliedIndex);
        ok(compareLogIds(metrics.purgedLogId, metrics.lastLogId) <= 0);
        ok(metrics.lastLogId.term <= metrics.term);
        if (metrics.role !== "leader") {
          deepEqual([metrics.peers, metrics.quorumAckAgeMs], [[], undefined]);
          return true;
        }
        equal(metrics.leader, metrics.nodeId);
        const nodeIds = [...metrics.peers.map((peer) => peer.nodeId), metrics.nodeId];
        return isDeepStrictEqual(nodeIds.sort(compareNodeIds), memberIds(membership)) ? true : undefined;
      });
    },
  },
  {
    name: "a snapshot covers what was applied when it was asked for, and shows in the figures",
    async run(subject) {
      const { controller } = subject;
      const before = await patiently(subject, () => controller.getMetrics());
      const logId = await patiently(subject, () => controller.triggerSnapshot());
      const after = await patiently(subject, () => controller.getMetrics());
      if (before.nodeId !== after.nodeId) return;
      ok(logId.index >= before.appliedIndex && logId.index <= after.appliedIndex);
      ok(compareLogIds(after.snapshotLogId, logId) >= 0);
    },
  },
];
