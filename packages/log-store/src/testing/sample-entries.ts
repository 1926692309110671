import type { LogEntry, LogIndex, Membership, Term } from "@aspenjs/api";

export function blankEntry(term: Term, index: LogIndex): LogEntry {
  return { term, index, payload: { kind: "blank" } };
}

export function commandEntry(term: Term, index: LogIndex, byteLength = 8): LogEntry {
  const command = Uint8Array.from({ length: byteLength }, (_, position) => (term * 31 + index * 7 + position) & 0xff);
  return { term, index, payload: { kind: "command", command } };
}

/** Commands of one term at the indexes `first` to `last`, both included. */
export function commandEntries(term: Term, first: LogIndex, last: LogIndex): readonly LogEntry[] {
  return Array.from({ length: last - first + 1 }, (_, offset) => commandEntry(term, first + offset));
}

export function membershipEntry(term: Term, index: LogIndex): LogEntry {
  const membership: Membership = {
    voters: [1, 2, 3],
    outgoingVoters: [1, 2, Number.MAX_SAFE_INTEGER],
    learners: [7],
    nodes: [1, 2, 3, 7, Number.MAX_SAFE_INTEGER].map((nodeId) => ({
      nodeId,
      peerId: `peer-${nodeId}`,
      addresses: nodeId === 7 ? [] : [`/ip4/127.0.0.1/tcp/${4_000 + (nodeId % 10)}`, "/dns4/knoten-ä/tcp/1"],
    })),
  };
  return { term, index, payload: { kind: "membership", membership } };
}
