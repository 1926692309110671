import { isDeepStrictEqual } from "node:util";
import {
  assert,
  type CommandResult,
  type KeyValueStateMachine,
  type LogEntry,
  type LogIndex,
  type NodeId,
  type SnapshotMeta,
} from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import { resultText, type AppliedHistory } from "./applied-history.ts";

export interface StateMachineSafetyOptions {
  readonly history: AppliedHistory;
  /**
   * Checksums are compared at every index that this divides, and after each installation of a snapshot; `undefined`:
   * only when everything has come to rest, because a checksum takes time in which more may be applied.
   */
  readonly checksumEvery: number | undefined;
  readonly onMismatch: (message: string) => void;
}

/** A replica's state is a function of the log alone: equal results, revisions and checksums at equal indexes. */
export class StateMachineSafety implements ClusterObserver {
  readonly name = "state-machine-safety";
  readonly #options: StateMachineSafetyOptions;
  readonly #checksums = new Map<LogIndex, { readonly nodeId: NodeId; readonly checksum: string }>();
  comparisons = 0;
  installCount = 0;

  constructor(options: StateMachineSafetyOptions) {
    this.#options = options;
  }

  onApplied(nodeId: NodeId, entry: LogEntry, result: CommandResult | undefined, machine: KeyValueStateMachine): void {
    const known = this.#options.history.at(entry.index);
    assert(known !== undefined, "the history is written before it is compared");
    if (!isDeepStrictEqual(result, known.outcome)) {
      const [now, before] = [resultText(result), resultText(known.outcome)];
      assert(false, `entry ${entry.index} came to ${now} on node ${nodeId}, and to ${before} before`);
    }
    assert(
      machine.revision === known.revision,
      `behind entry ${entry.index} node ${nodeId} is at revision ${machine.revision}, another was at ${known.revision}`,
    );
    const { checksumEvery } = this.#options;
    if (checksumEvery !== undefined && entry.index % checksumEvery === 0) this.compare(nodeId, machine);
  }

  onSnapshotInstalled(nodeId: NodeId, meta: SnapshotMeta, machine: KeyValueStateMachine): void {
    this.installCount += 1;
    const known = this.#options.history.at(meta.lastIncluded.index);
    assert(known !== undefined, `node ${nodeId} installs a snapshot of what nobody has applied`);
    assert(machine.revision === known.revision, `the snapshot at ${known.index} has revision ${machine.revision}`);
    if (this.#options.checksumEvery !== undefined) this.compare(nodeId, machine);
  }

  /** Whatever the state is now is hashed, though the hash comes a moment later. */
  compare(nodeId: NodeId, machine: KeyValueStateMachine): void {
    const { index } = machine.appliedState.lastApplied;
    void machine.checksum().then((checksum) => {
      const known = this.#checksums.get(index);
      if (known === undefined) {
        this.#checksums.set(index, { nodeId, checksum });
        return;
      }
      this.comparisons += 1;
      if (known.checksum === checksum) return;
      this.#options.onMismatch(
        `at entry ${index} the state of node ${nodeId} has checksum ${checksum}, that of node ${known.nodeId} ${known.checksum}`,
      );
    });
  }
}
