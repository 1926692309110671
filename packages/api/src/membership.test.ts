import { describe, expect, test } from "vitest";
import { AssertionFailure } from "./assert.ts";
import {
  assertMembership,
  findNodeRecord,
  isJoint,
  isMember,
  isVoter,
  memberIds,
  MEMBERSHIP_EMPTY,
  membershipProblem,
  type Membership,
} from "./membership.ts";

const nodes = (...ids: readonly number[]) => ids.map((nodeId) => ({ nodeId, peerId: `peer ${nodeId}`, addresses: [] }));

const plain: Membership = { voters: [1, 2, 3], outgoingVoters: [], learners: [4], nodes: nodes(1, 2, 3, 4) };
const joint: Membership = { voters: [2, 3, 5], outgoingVoters: [1, 2, 3], learners: [4], nodes: nodes(1, 2, 3, 4, 5) };

describe("membershipProblem", () => {
  test.each<[string, Membership]>([
    ["a plain membership", plain],
    ["a joint membership", joint],
    ["a single voter", { voters: [7], outgoingVoters: [], learners: [], nodes: nodes(7) }],
    ["a voter that becomes a learner", { voters: [2], outgoingVoters: [1, 2], learners: [1], nodes: nodes(1, 2) }],
    ["the largest node id", { ...MEMBERSHIP_EMPTY, voters: [2 ** 53 - 1], nodes: nodes(2 ** 53 - 1) }],
  ])("%s has none", (_name, membership) => {
    expect(membershipProblem(membership)).toBeUndefined();
  });

  test.each<[string, Membership, RegExp]>([
    ["nobody", MEMBERSHIP_EMPTY, /at least one voter/],
    ["learners alone", { ...plain, voters: [], nodes: nodes(4) }, /at least one voter/],
    ["an old half alone", { ...joint, voters: [] }, /at least one voter/],
    ["node 0", { ...plain, voters: [0, 1], nodes: nodes(0, 1, 4) }, /node id is an integer/],
    ["half a node", { ...plain, voters: [1.5], nodes: nodes(1.5, 4) }, /node id is an integer/],
    ["node 2^53", { ...plain, learners: [2 ** 53] }, /node id is an integer/],
    ["voters out of order", { ...plain, voters: [2, 1, 3] }, /sorted and distinct/],
    ["a voter twice", { ...plain, voters: [1, 1, 3] }, /sorted and distinct/],
    ["old voters out of order", { ...joint, outgoingVoters: [3, 2, 1] }, /sorted and distinct/],
    ["learners out of order", { ...plain, learners: [5, 4], nodes: nodes(1, 2, 3, 4, 5) }, /sorted and distinct/],
    ["records out of order", { ...plain, nodes: nodes(2, 1, 3, 4) }, /sorted and distinct/],
    ["voter and learner at once", { ...plain, learners: [3], nodes: nodes(1, 2, 3) }, /voter and learner at once/],
    ["a member without a record", { ...plain, nodes: nodes(1, 2, 3) }, /exactly one node record/],
    ["a record without a member", { ...plain, nodes: nodes(1, 2, 3, 4, 5) }, /exactly one node record/],
    ["an old voter without a record", { ...joint, nodes: nodes(2, 3, 4, 5) }, /exactly one node record/],
    ["a record of another node", { ...plain, nodes: nodes(1, 2, 3, 5) }, /exactly one node record/],
    [
      "one peer behind two nodes",
      { ...plain, nodes: plain.nodes.map((record) => ({ ...record, peerId: "peer" })) },
      /share one peer id/,
    ],
  ])("%s is told", (_name, membership, problem) => {
    expect(membershipProblem(membership)).toMatch(problem);
    expect(() => {
      assertMembership(membership);
    }).toThrow(AssertionFailure);
  });
});

test("a joint membership counts both halves as voters and members", () => {
  expect([isJoint(plain), isJoint(joint)]).toEqual([false, true]);
  expect([1, 2, 4, 5, 6].map((id) => isVoter(joint, id))).toEqual([true, true, false, true, false]);
  expect([1, 2, 4, 5, 6].map((id) => isMember(joint, id))).toEqual([true, true, true, true, false]);
  expect(memberIds(joint)).toEqual([1, 2, 3, 4, 5]);
  expect(findNodeRecord(joint, 4)?.peerId).toBe("peer 4");
  expect(findNodeRecord(joint, 6)).toBeUndefined();
});

test("members are sorted as numbers, not as text", () => {
  expect(memberIds({ ...MEMBERSHIP_EMPTY, voters: [9, 10, 100], learners: [2, 11] })).toEqual([2, 9, 10, 11, 100]);
});
