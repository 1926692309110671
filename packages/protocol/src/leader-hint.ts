import { AspenError, isNodeId, type NodeId } from "@aspenjs/api";

/** The refusal of a node that does not lead. `details.leader` is the node to ask instead, when one is known. */
export function notLeaderError(leader: NodeId | undefined): AspenError {
  if (leader === undefined) return new AspenError("not_leader", "no leader is known");
  return new AspenError("not_leader", `node ${leader} leads`, { details: { leader } });
}

/** Where the refusal points, if it points anywhere. */
export function leaderHintOf(error: AspenError): NodeId | undefined {
  const leader = error.details["leader"];
  return error.code === "not_leader" && typeof leader === "number" && isNodeId(leader) ? leader : undefined;
}
