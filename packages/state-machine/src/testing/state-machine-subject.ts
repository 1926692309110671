import type { KeyValueStateMachine } from "@aspenjs/api";

/** One replica: a disk, and the machine that runs on it. */
export interface StateMachineReplica {
  /** Changes with every restart. */
  readonly machine: KeyValueStateMachine;
  /** Closes the machine and opens one on the same disk. */
  restart(): Promise<void>;
  /** As if the power had gone: whatever `flush` did not make durable is lost. */
  restartAfterPowerCut(): Promise<void>;
}

/** What the acceptance suite runs against. Whoever made it closes what it has opened. */
export interface StateMachineSubject {
  /** A replica on an empty disk of its own. */
  openReplica(): Promise<StateMachineReplica>;
}
