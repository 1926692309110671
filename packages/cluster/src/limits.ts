import { assert } from "@aspenjs/api";
import { protocolLimits } from "@aspenjs/protocol";

/** Bounds of a node's composition. */
export const limits = {
  /** A stranger that has neither proven the secret nor shown a ticket by then is disconnected. */
  probationMs: 5_000,
  /** Strangers at a time; one more is turned away at once. */
  strangersMax: 128,
  /** Bytes of requests that one of them may make this node hold: a ticket and some more. */
  strangerHeldBytesMax: 128 * 1_024,
  /** Lines about one kind of refusal; the rest is counted. */
  strangerLinesPerSecondMax: 10,
  /** Each step of the admission of one peer. */
  admissionStepMs: 5_000,
  admissionRetryMs: 1_000,
  /** To reach one address of a node that is to become a member. */
  dialMs: 5_000,
  clusterCallMs: 5_000,
  /** What a node that stops spends on finding a successor. */
  handOverMs: 2_000,
  /** How often a leader looks whether a learner has caught up. */
  promotionPollMs: 500,
  /** Keep-alives that come within so much time share one entry of the log. */
  keepAliveBatchMs: 50,
  /** How often a leader looks which leases are due. */
  leasePollMs: 200,
  /** A lease is ended so much later than its deadline: its owner's answer may still be on the way. */
  leaseGraceMs: 250,
  watchersMax: 1_000,
  /** Of the history, read in one piece. */
  watchPageBytes: 256 * 1_024,
  /** What may wait for one client by default; its watches fall behind then, and read the history later. */
  watchQueueBytesMax: 1_048_576,
  logSubscribersMax: 100,
  /** Of the log, read in one piece: what is ahead of each subscriber, unless one entry is larger. */
  logPageBytes: 256 * 1_024,
  streamChunkBytesMax: 256 * 1_024,
  /** How often a stream of watches or of the log shows that it is alive, and how far it has come. */
  streamProgressMs: 1_000,
  /** A node that knows of no leader for so much time sends those who watch or follow its log elsewhere. */
  leaderlessMsMax: 3_000,
  /** Before the next try, when all that waits for a client fills its queue. */
  streamRetryMs: 50,
  /** How often a waiting call looks again. */
  pollMs: 25,
  /** When a caller brings no deadline of its own. */
  callMsDefault: 30_000,
} as const;

assert(limits.admissionStepMs <= limits.probationMs, "an admission that is answered ends before probation");
assert(
  protocolLimits.ticketBytesMax + protocolLimits.admissionMessageBytesMax < limits.strangerHeldBytesMax,
  "a stranger can show the largest ticket",
);
assert(limits.pollMs < limits.clusterCallMs, "a waiting call looks more than once");
