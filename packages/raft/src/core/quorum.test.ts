import type { Membership, NodeId } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ballotOutcome, majorityOf, quorumValue } from "./quorum.ts";

const nodeIds = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 });
const memberships: fc.Arbitrary<Membership> = fc
  .record({ voters: nodeIds, outgoingVoters: fc.oneof(fc.constant([]), nodeIds) })
  .map(({ voters, outgoingVoters }) => ({ voters, outgoingVoters, learners: [], nodes: [] }));
const reached = fc.array(fc.nat({ max: 12 }), { minLength: 10, maxLength: 10 });

/** Whether these nodes are a quorum, straight from the definition: more than half of each set. */
function isQuorum({ voters, outgoingVoters }: Membership, nodes: ReadonlySet<NodeId>): boolean {
  return [voters, outgoingVoters].every(
    (half) => half.length === 0 || half.filter((nodeId) => nodes.has(nodeId)).length * 2 > half.length,
  );
}

function nodesWhere(holds: (nodeId: NodeId) => boolean): ReadonlySet<NodeId> {
  return new Set([1, 2, 3, 4, 5, 6, 7, 8, 9].filter(holds));
}

describe("a majority", () => {
  test("is more than half", () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(majorityOf)).toEqual([1, 2, 2, 3, 3, 4, 4]);
  });
});

describe("what a quorum has reached (R4, R6, R11)", () => {
  test("is the largest number that a quorum is at or above", () => {
    fc.assert(
      fc.property(memberships, reached, (membership, values) => {
        const valueOf = (nodeId: NodeId): number => values[nodeId] ?? 0;
        const value = quorumValue(membership, valueOf);
        expect(
          isQuorum(
            membership,
            nodesWhere((nodeId) => valueOf(nodeId) >= value),
          ),
        ).toBe(true);
        expect(
          isQuorum(
            membership,
            nodesWhere((nodeId) => valueOf(nodeId) > value),
          ),
        ).toBe(false);
      }),
    );
  });

  test("is nothing when there are no voters", () => {
    const nobody = { voters: [], outgoingVoters: [], learners: [1], nodes: [] };
    expect(quorumValue(nobody, () => 7)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("a ballot (R1, R7)", () => {
  const answers = fc.array(fc.constantFrom(true, false, undefined), { minLength: 10, maxLength: 10 });

  test("is won with a quorum, lost when none is possible any more, and open between", () => {
    fc.assert(
      fc.property(memberships, answers, (membership, given) => {
        const said = new Map(
          given.flatMap((answer, nodeId) => (answer === undefined ? [] : [[nodeId, answer] as const])),
        );
        const isWon = isQuorum(
          membership,
          nodesWhere((nodeId) => said.get(nodeId) === true),
        );
        const isPossible = isQuorum(
          membership,
          nodesWhere((nodeId) => said.get(nodeId) !== false),
        );
        expect(ballotOutcome(membership, said)).toBe(isWon ? "won" : isPossible ? "open" : "lost");
      }),
    );
  });

  test("two ballots of one membership are never won by voters that have none in common", () => {
    fc.assert(
      fc.property(memberships, fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (membership, sides) => {
        const ballot = (side: boolean): ReadonlyMap<NodeId, boolean> =>
          new Map(sides.map((given, nodeId) => [nodeId, given === side] as const));
        const outcomes = [true, false].map((side) => ballotOutcome(membership, ballot(side)));
        expect(outcomes).not.toEqual(["won", "won"]);
      }),
    );
  });

  test("a joint membership needs both halves", () => {
    const joint = { voters: [1, 2, 3], outgoingVoters: [3, 4, 5], learners: [], nodes: [] };
    const granted = (...ids: NodeId[]): ReadonlyMap<NodeId, boolean> => new Map(ids.map((id) => [id, true] as const));
    expect(ballotOutcome(joint, granted(1, 2))).toBe("open");
    expect(ballotOutcome(joint, granted(3, 4, 5))).toBe("open");
    expect(ballotOutcome(joint, granted(1, 3, 4))).toBe("won");
  });

  test("answers of nodes that are no voters count for nothing", () => {
    const membership = { voters: [1, 2, 3], outgoingVoters: [], learners: [4], nodes: [] };
    expect(ballotOutcome(membership, new Map([4, 5, 6].map((id) => [id, true] as const)))).toBe("open");
  });
});
