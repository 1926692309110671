/**
 * The name of every protocol on the wire. The number at its end is the version that both sides speak: another layout
 * of any message is another protocol, so that two releases refuse each other by name and never by misreading.
 */
export const PROTOCOL_IDS = {
  raft: "/aspen/raft/1",
  snapshot: "/aspen/snapshot/1",
  client: "/aspen/client/1",
  watch: "/aspen/watch/1",
  log: "/aspen/log/1",
  admission: "/aspen/admission/1",
  cluster: "/aspen/cluster/1",
} as const;

export type ProtocolId = (typeof PROTOCOL_IDS)[keyof typeof PROTOCOL_IDS];
