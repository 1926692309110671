import { deepEqual, equal, ok } from "node:assert/strict";
import { limits } from "../limits.ts";
import { findNodeRecord, membershipProblem } from "../membership.ts";
import { compareNodeIds } from "../node-id.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import {
  patiently,
  promote,
  UNKNOWN_NODE,
  withNewLearner,
  type ClusterControllerSubject,
} from "./cluster-controller-subject.ts";
import { refusal } from "./refusal.ts";

export const membershipCases: readonly AcceptanceCase<ClusterControllerSubject>[] = [
  {
    name: "a new learner is a member with its record, and no voter",
    async run(subject) {
      const { controller } = subject;
      const before = await patiently(subject, () => controller.currentState());
      await withNewLearner(subject, async (node) => {
        const after = await patiently(subject, () => controller.currentState());
        deepEqual(after.membership.voters, before.membership.voters);
        ok(after.membership.learners.includes(node.nodeId));
        const { peerId, addresses } = findNodeRecord(after.membership, node.nodeId) ?? {};
        deepEqual([peerId, addresses], [node.peerId, node.addresses]);
        ok(after.membershipLogId.index > before.membershipLogId.index);
        equal(after.clusterId, before.clusterId);
      });
      const end = await patiently(subject, () => controller.currentState());
      deepEqual(end.membership, before.membership);
    },
  },
  {
    name: "a promoted learner votes",
    async run(subject) {
      const { controller } = subject;
      const before = await patiently(subject, () => controller.currentState());
      await withNewLearner(subject, async (node) => {
        const { membership } = await promote(subject, node.nodeId);
        const voters = [...before.membership.voters, node.nodeId].sort(compareNodeIds);
        deepEqual([membership.voters, membership.outgoingVoters], [voters, []]);
        deepEqual(membership.learners, before.membership.learners);
        equal(membershipProblem(membership), undefined);
      });
    },
  },
  {
    name: "a promotion can replace a voter, which leaves in the same change",
    async run(subject) {
      await withNewLearner(subject, async (old) => {
        const { membership: present } = await promote(subject, old.nodeId);
        await withNewLearner(subject, async (fresh) => {
          const replace = old.nodeId;
          const { membership } = await promote(subject, fresh.nodeId, { replace });
          equal(membership.voters.length, present.voters.length);
          ok(membership.voters.includes(fresh.nodeId));
          equal(findNodeRecord(membership, old.nodeId), undefined);
        });
      });
    },
  },
  {
    name: "promoting or removing a stranger, or replacing one, is not_found",
    async run(subject) {
      const { controller } = subject;
      const refuse = (call: () => Promise<unknown>) => refusal(patiently(subject, call), "not_found");
      await refuse(() => controller.promoteLearner(UNKNOWN_NODE));
      await refuse(() => controller.promoteLearner(UNKNOWN_NODE, { force: true }));
      await refuse(() => controller.removeNode(UNKNOWN_NODE));
      await withNewLearner(subject, async (node) => {
        await refuse(() => controller.promoteLearner(node.nodeId, { replace: UNKNOWN_NODE }));
        const { membership } = await patiently(subject, () => controller.currentState());
        ok(membership.learners.includes(node.nodeId));
      });
    },
  },
  {
    name: "promoting a voter is a conflict",
    async run(subject) {
      const { controller } = subject;
      const { membership } = await patiently(subject, () => controller.currentState());
      const voter = membership.voters[0];
      ok(voter !== undefined);
      await refusal(
        patiently(subject, () => controller.promoteLearner(voter)),
        "conflict",
      );
    },
  },
  {
    name: "changeMembership goes from one set of voters to another, and back",
    async run(subject) {
      const { controller } = subject;
      const { membership: before } = await patiently(subject, () => controller.currentState());
      await withNewLearner(subject, async (first) => {
        await withNewLearner(subject, async (second) => {
          const wider = [second.nodeId, ...before.voters, first.nodeId];
          const grown = await patiently(subject, () => controller.changeMembership(wider));
          deepEqual(grown.membership.voters, [...wider].sort(compareNodeIds));
          deepEqual([grown.membership.outgoingVoters, grown.membership.learners], [[], before.learners]);
          const retaining = { retainRemovedAsLearners: true };
          const half = [...before.voters, first.nodeId];
          const kept = await patiently(subject, () => controller.changeMembership(half, retaining));
          ok(kept.membership.learners.includes(second.nodeId));
          const shrunk = await patiently(subject, () => controller.changeMembership(before.voters));
          equal(findNodeRecord(shrunk.membership, first.nodeId), undefined);
          ok(shrunk.membership.learners.includes(second.nodeId), "learners that no change names stay");
        });
      });
      const { membership: after } = await patiently(subject, () => controller.currentState());
      deepEqual(after, before);
    },
  },
  {
    name: "a change to no voters, to a voter twice or to a stranger is refused and changes nothing",
    async run(subject) {
      const { controller } = subject;
      const before = await patiently(subject, () => controller.currentState());
      const { voters } = before.membership;
      const change = (ids: readonly number[]) => patiently(subject, () => controller.changeMembership(ids));
      await refusal(change([]), "invalid_request");
      await refusal(change([...voters, ...voters]), "invalid_request");
      await refusal(change([...voters, UNKNOWN_NODE]), "not_found");
      const after = await patiently(subject, () => controller.currentState());
      deepEqual([after.membership, after.membershipLogId], [before.membership, before.membershipLogId]);
    },
  },
  {
    name: "a record that makes no sense is refused",
    async run(subject) {
      const { controller } = subject;
      const node = await subject.newNode();
      const { membership } = await patiently(subject, () => controller.currentState());
      const add = (changes: object) => patiently(subject, () => controller.addLearner({ ...node, ...changes }));
      await refusal(add({ nodeId: 0 }), "invalid_request");
      await refusal(add({ nodeId: 1.5 }), "invalid_request");
      await refusal(add({ nodeId: limits.nodeIdMax + 1 }), "invalid_request");
      await refusal(add({ peerId: "" }), "invalid_request");
      await refusal(add({ peerId: membership.nodes[0]?.peerId }), "invalid_request");
      const addresses = Array.from({ length: limits.nodeAddressesMax + 1 }, (_, port) => `/memory/${port}`);
      await refusal(add({ addresses }), "invalid_request");
      await refusal(add({ addresses: ["x".repeat(limits.addressBytesMax + 1)] }), "invalid_request");
    },
  },
];
