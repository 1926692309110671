import { assert } from "@aspenjs/api";
import { protocolLimits } from "@aspenjs/protocol";

/** Every bound of one client. Durations in milliseconds. */
export const limits = {
  /** Calls that are under way, waits between attempts included. */
  callsInFlightMax: 1_000,
  /** Calls behind them that wait for their turn; beyond it `resource_exhausted`. */
  callsQueuedMax: 10_000,
  deadlineMsDefault: 10_000,
  deadlineMsMax: protocolLimits.deadlineMsMax,
  /** Dialing one address. The attempt that asked for it moves on earlier, after `dialPatienceMs`. */
  dialTimeoutMs: 5_000,
  dialPatienceMs: 1_000,
  helloTimeoutMs: 2_000,
  /** How long one attempt waits for a node that is silent; doubles with every such wait of the call. */
  attemptTimeoutMs: 800,
  /**
   * A node that answered nobody for so long is not asked for this long: followers still name a leader that stopped
   * until their own patience ends.
   */
  silenceCoolDownMs: 1_000,
  /** A back-off lasts between its base and twice that; the base doubles from the first to the last. */
  backOffBaseMsMin: 10,
  backOffBaseMsMax: 250,
  /** Hints of a leader that are followed in a row without waiting. */
  leaderHintsMax: 4,
  /** How long a node that could not be reached is asked last; doubles with every failure. */
  coolDownMsMin: 100,
  coolDownMsMax: 2_000,
  /** Asking who the members are, when a hint names an unknown one. */
  refreshTimeoutMs: 1_000,
  /** Until a node has taken a stream of watches or of the log. */
  streamOpenMs: 2_000,
  /** A node says something on each of them every second. */
  streamSilenceMs: 4_000,
  /** Changes that wait for the reader of one watch. */
  watchQueueBytesMax: 4 * 1_048_576,
  watchAsksPerChunk: 64,
  /** Entries that wait for the reader of one subscription to the log, before the batch that came last. */
  logQueueBytesMax: 4 * 1_048_576,
  /** What `close` spends on closing the session, which would end by itself. */
  closeSessionTimeoutMs: 500,
} as const;

assert(limits.deadlineMsDefault <= limits.deadlineMsMax, "the default deadline is a legal one");
assert(limits.callsInFlightMax <= protocolLimits.sessionWindowMax, "every call in flight may be a write");
assert(limits.dialPatienceMs <= limits.dialTimeoutMs, "a dial lasts longer than the patience of one attempt");
assert(limits.backOffBaseMsMin <= limits.backOffBaseMsMax, "the back-off grows");
assert(limits.coolDownMsMin <= limits.coolDownMsMax, "the cool-down grows");
