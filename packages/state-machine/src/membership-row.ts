import { membershipProblem, type Membership, type StoredMembership } from "@aspenjs/api";
import { DecodeError, readStoredMembership, type RowReader } from "@aspenjs/codec";

/** Reads the row to its end; what it returns makes sense. @throws DecodeError */
export function readMembership(row: RowReader): StoredMembership {
  const stored = readStoredMembership(row);
  const problem = stored.logId.index === 0 ? emptyProblem(stored.membership) : membershipProblem(stored.membership);
  if (problem !== undefined) throw new DecodeError(problem);
  return stored;
}

function emptyProblem({ voters, outgoingVoters, learners, nodes }: Membership): string | undefined {
  const size = voters.length + outgoingVoters.length + learners.length + nodes.length;
  return size === 0 ? undefined : "a membership that no entry holds must be empty";
}
