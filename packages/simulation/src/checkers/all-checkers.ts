import { Answers } from "./answers.ts";
import { AppliedHistory } from "./applied-history.ts";
import { CommittedEntries } from "./committed-entries.ts";
import { ElectionSafety } from "./election-safety.ts";
import { ExactlyOnce } from "./exactly-once.ts";
import { LeaderCompleteness } from "./leader-completeness.ts";
import { LeaseSafety } from "./lease-safety.ts";
import { LogOrder } from "./log-order.ts";
import { LogMatching } from "./log-matching.ts";
import { LogMirror } from "./log-mirror.ts";
import { StateMachineSafety } from "./state-machine-safety.ts";
import { WatchOrder } from "./watch-order.ts";
import { WipedDisk } from "./wiped-disk.ts";

const CHECKSUM_EVERY = 16;

export interface CheckerOptions {
  /** Of a state in memory, a checksum is of the very state that is there when it is asked for. */
  readonly areChecksumsInstant: boolean;
  readonly onMismatch: (message: string) => void;
}

export type Checkers = ReturnType<typeof createCheckers>;

/** All that watch a run while it goes on. The order counts: what others look things up in comes first. */
export function createCheckers({ areChecksumsInstant, onMismatch }: CheckerOptions) {
  const checksumEvery = areChecksumsInstant ? CHECKSUM_EVERY : undefined;
  const logs = new LogMirror();
  const history = new AppliedHistory();
  const answers = new Answers(history);
  return {
    logs,
    history,
    wipedDisk: new WipedDisk(),
    electionSafety: new ElectionSafety(),
    logMatching: new LogMatching(),
    committedEntries: new CommittedEntries(logs),
    leaderCompleteness: new LeaderCompleteness(logs),
    stateMachineSafety: new StateMachineSafety({ history, checksumEvery, onMismatch }),
    leaseSafety: new LeaseSafety(),
    exactlyOnce: new ExactlyOnce(history),
    answers,
    logOrder: new LogOrder(),
    watchOrder: new WatchOrder(history, (us) => answers.knownBefore(us)),
  };
}
