import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { membershipProblem } from "../membership.ts";
import { compareNodeIds } from "../node-id.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { eventually, patiently, type ClusterControllerSubject } from "./cluster-controller-subject.ts";
import { refusal } from "./refusal.ts";

export const initCases: readonly AcceptanceCase<ClusterControllerSubject>[] = [
  {
    name: "before init every call says not_initialized, and that it may be tried again",
    async run(subject) {
      const { controller, members } = await subject.newCluster();
      const [first] = members;
      ok(first !== undefined);
      const calls = [
        controller.currentState(),
        controller.addLearner(first),
        controller.promoteLearner(first.nodeId),
        controller.changeMembership([first.nodeId]),
        controller.removeNode(first.nodeId),
        controller.transferLeadership(),
        controller.triggerSnapshot(),
      ];
      const errors = await Promise.all(calls.map((call) => refusal(call, "not_initialized")));
      ok(errors.every((error) => error.retryable));
    },
  },
  {
    name: "init makes the given nodes voters, whatever their order, and one of them comes to lead",
    async run(subject) {
      const { controller, members } = await subject.newCluster();
      const sorted = [...members].sort((left, right) => compareNodeIds(left.nodeId, right.nodeId));
      const { membership, clusterId } = await controller.init([...sorted].reverse());
      deepEqual(
        membership.voters,
        sorted.map((member) => member.nodeId),
      );
      deepEqual([membership.outgoingVoters, membership.learners], [[], []]);
      deepEqual(
        membership.nodes.map(({ nodeId, peerId }) => [nodeId, peerId]),
        sorted.map(({ nodeId, peerId }) => [nodeId, peerId]),
      );
      const leader = await eventually(subject, "a leader", () => controller.getLeader());
      const record = sorted.find((member) => member.nodeId === leader.nodeId);
      deepEqual(leader.addresses, record?.addresses);
      const state = await patiently(subject, () => controller.currentState());
      deepEqual([state.clusterId, state.membership], [clusterId, membership]);
    },
  },
  {
    name: "init is once per cluster",
    async run(subject) {
      await refusal(subject.controller.init([await subject.newNode()]), "already_initialized");
      const { controller, members } = await subject.newCluster();
      await controller.init(members);
      await refusal(controller.init(members), "already_initialized");
    },
  },
  {
    name: "init without members, with one twice, or with a record that makes no sense, is refused and changes nothing",
    async run(subject) {
      const { controller, members } = await subject.newCluster();
      const [first] = members;
      ok(first !== undefined);
      await refusal(controller.init([]), "invalid_request");
      await refusal(controller.init([first, first]), "invalid_request");
      await refusal(controller.init([{ ...first, nodeId: 0 }]), "invalid_request");
      await refusal(controller.init([{ ...first, peerId: "" }]), "invalid_request");
      await refusal(controller.currentState(), "not_initialized");
      await controller.init([first]);
    },
  },
  {
    name: "the last voter stays",
    async run(subject) {
      const { controller, members } = await subject.newCluster();
      const [first, second] = members;
      ok(first !== undefined && second !== undefined);
      await controller.init([first]);
      await refusalOnceLed(subject, () => controller.removeNode(first.nodeId));
      await patiently(subject, () => controller.addLearner(second));
      await refusalOnceLed(subject, () => controller.removeNode(first.nodeId));
      const { membership } = await patiently(subject, () => controller.currentState());
      deepEqual([membership.voters, membership.learners], [[first.nodeId], [second.nodeId]]);
    },
  },
  {
    name: "the state is sound: a membership without contradiction, led by one of its voters or by nobody",
    async run(subject) {
      const state = await patiently(subject, () => subject.controller.currentState());
      equal(membershipProblem(state.membership), undefined);
      ok(state.leader === undefined || state.membership.voters.includes(state.leader));
      notEqual(state.clusterId, "");
      ok(state.term >= state.membershipLogId.term && state.membershipLogId.index >= 1);
    },
  },
];

async function refusalOnceLed(subject: ClusterControllerSubject, call: () => Promise<unknown>): Promise<void> {
  await refusal(patiently(subject, call), "invalid_request");
}
