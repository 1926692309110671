import { assert, type LogIndex } from "@aspenjs/api";

/** How entries flow to one follower. */
export type Flow =
  /** One append at a time, until the place where the logs meet is found. */
  | { readonly kind: "probe"; isWaiting: boolean }
  /** Pipelined: the last index of each append under way, oldest first. */
  | { readonly kind: "replicate"; readonly inflight: LogIndex[] }
  /** Appends rest while a snapshot travels; entries behind `lastIncluded` stay in the log for it. */
  | { readonly kind: "snapshot"; lastIncluded: LogIndex | undefined }
  /** The follower denied what it had acknowledged: nothing is sent and nothing counts. */
  | { readonly kind: "lost" };

/** What a leader knows of one follower in its term. */
export interface Progress {
  /** Durable at the follower and equal to this log. Never decreases (R9). */
  matchIndex: LogIndex;
  nextIndex: LogIndex;
  flow: Flow;
  /** Of the last append sent; numbers are the leader's, over all followers. */
  sequence: number;
  /** Answers up to this number are to an earlier membership of the same node id, which may have had another disk. */
  readonly sinceSequence: number;
  /** Of the latest append whose answer was taken: older refusals are stale. */
  answeredSequence: number;
  /** Of the last append sent when `matchIndex` grew: only a later one can show that the follower lost what it had. */
  matchSequence: number;
  /** The latest read round that the follower confirmed. */
  confirmedRound: number;
  /** When the follower last answered anything in this term; the tick of the election until then. */
  contactTick: number;
  /** When `matchIndex` last grew, or the pipeline was last restarted. */
  advanceTick: number;
  /** The commit index that the follower was last told. */
  committedSent: LogIndex;
  /** The follower leaves the cluster with this entry; it is served until that commits. */
  departsAt: LogIndex | undefined;
  /** Until when a follower that left is still served, so that it learns of it; set once its departure is committed. */
  releaseTick: number | undefined;
}

export function createProgress(nextIndex: LogIndex, tick: number, sinceSequence: number): Progress {
  return {
    matchIndex: 0,
    nextIndex,
    flow: { kind: "probe", isWaiting: false },
    sequence: sinceSequence,
    sinceSequence,
    answeredSequence: sinceSequence,
    matchSequence: sinceSequence,
    confirmedRound: 0,
    contactTick: tick,
    advanceTick: tick,
    committedSent: 0,
    departsAt: undefined,
    releaseTick: undefined,
  };
}

/** Starts over from what is confirmed. A probe that waits leaves only when the follower shows that it is there. */
export function startProbe(progress: Progress, tick: number, isWaiting: boolean): void {
  if (progress.flow.kind === "lost") return;
  progress.flow = { kind: "probe", isWaiting };
  progress.nextIndex = progress.matchIndex + 1;
  progress.advanceTick = tick;
}

/** The follower confirmed everything up to `index`. @returns whether that is news */
export function advanceMatch(progress: Progress, index: LogIndex, tick: number): boolean {
  const isNews = index > progress.matchIndex;
  if (isNews) {
    progress.matchIndex = index;
    progress.matchSequence = progress.sequence;
    progress.advanceTick = tick;
  }
  progress.nextIndex = Math.max(progress.nextIndex, progress.matchIndex + 1);
  switch (progress.flow.kind) {
    case "replicate":
      while ((progress.flow.inflight[0] ?? Number.POSITIVE_INFINITY) <= progress.matchIndex) {
        progress.flow.inflight.shift();
      }
      break;
    case "probe":
      progress.flow = { kind: "replicate", inflight: [] };
      progress.nextIndex = progress.matchIndex + 1;
      break;
    case "snapshot":
    case "lost":
      break;
  }
  return isNews;
}

/** Records an append that leaves now with entries up to `lastIndex`. */
export function recordSent(progress: Progress, sequence: number, lastIndex: LogIndex, tick: number): void {
  assert(sequence > progress.sequence, "appends are numbered upwards (R9)");
  progress.sequence = sequence;
  switch (progress.flow.kind) {
    case "probe":
      progress.flow.isWaiting = true;
      progress.advanceTick = tick;
      return;
    case "replicate":
      assert(lastIndex >= progress.nextIndex - 1, "appends go forward");
      if (lastIndex < progress.nextIndex) return;
      if (progress.flow.inflight.length === 0) progress.advanceTick = tick;
      progress.flow.inflight.push(lastIndex);
      progress.nextIndex = lastIndex + 1;
      return;
    case "snapshot":
    case "lost":
      assert(false, "no append while a snapshot travels or the follower is lost");
  }
}

export function canSend(progress: Progress, inflightMessagesMax: number): boolean {
  switch (progress.flow.kind) {
    case "probe":
      return !progress.flow.isWaiting;
    case "replicate":
      return progress.flow.inflight.length < inflightMessagesMax;
    case "snapshot":
    case "lost":
      return false;
  }
}
