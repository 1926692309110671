import type { Membership, NodeId } from "@aspenjs/api";

/** Votes needed among `count` voters. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

export type BallotOutcome = "won" | "lost" | "open";

/** Whether the answers so far decide a vote: in a joint membership both halves must agree (section 4.3). */
export function ballotOutcome(membership: Membership, answers: ReadonlyMap<NodeId, boolean>): BallotOutcome {
  const outcomes = voterSets(membership).map((voters) => majorityOutcome(voters, answers));
  if (outcomes.includes("lost")) return "lost";
  return outcomes.every((outcome) => outcome === "won") ? "won" : "open";
}

/**
 * The largest number that a quorum has reached, where `reached` says how far each voter has come. Log indexes, read
 * rounds and ticks are all asked this way. With no voters nothing is ever reached.
 */
export function quorumValue(membership: Membership, reached: (nodeId: NodeId) => number): number {
  const { voters, outgoingVoters } = membership;
  const value = majorityValue(voters, reached);
  if (outgoingVoters.length === 0) return value;
  const outgoingValue = majorityValue(outgoingVoters, reached);
  return voters.length === 0 ? outgoingValue : Math.min(value, outgoingValue);
}

function voterSets(membership: Membership): readonly (readonly NodeId[])[] {
  return [membership.voters, membership.outgoingVoters].filter((voters) => voters.length > 0);
}

function majorityOutcome(voters: readonly NodeId[], answers: ReadonlyMap<NodeId, boolean>): BallotOutcome {
  const needed = majorityOf(voters.length);
  const granted = voters.filter((voter) => answers.get(voter) === true).length;
  const refused = voters.filter((voter) => answers.get(voter) === false).length;
  if (granted >= needed) return "won";
  return voters.length - refused < needed ? "lost" : "open";
}

function majorityValue(voters: readonly NodeId[], reached: (nodeId: NodeId) => number): number {
  // Voters are few, and a leader asks this several times in every step: each value finds its place among those before.
  const descending: number[] = [];
  for (const voter of voters) {
    const value = reached(voter);
    let position = descending.length;
    for (; position > 0 && (descending[position - 1] as number) < value; position -= 1) {
      descending[position] = descending[position - 1] as number;
    }
    descending[position] = value;
  }
  return descending[majorityOf(voters.length) - 1] ?? Number.NEGATIVE_INFINITY;
}
