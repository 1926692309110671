import type { LogStore, StorageFault, StorageOutcome } from "@aspenjs/api";
import { OPERATIONS_IN_FLIGHT_MAX, packEntries, type WriterMessage } from "./crash-protocol.ts";
import { nextOperation, perform, readWholeLog } from "./log-workload.ts";
import { ModelLog } from "./model-log.ts";
import { SeededRandom } from "./seeded-random.ts";

export interface CrashWriterOptions {
  /** Decides the history, together with what the store holds at the start. */
  readonly seed: number;
  open(): Promise<
    { readonly kind: "opened"; readonly store: LogStore } | { readonly kind: "fault"; readonly fault: StorageFault }
  >;
  /** Must have left the process when it returns: a message in a buffer dies with the writer. */
  say(message: WriterMessage): void;
}

/** The life of a writer process: opens, says what it found, and writes until it is killed. */
export async function runCrashWriter(options: CrashWriterOptions): Promise<void> {
  const say = (message: WriterMessage): void => options.say(message);
  const opened = await options.open();
  if (opened.kind === "fault") return say({ kind: "failed", reason: opened.fault.message });
  const { store } = opened;
  const entries = readWholeLog(store);
  say({ kind: "opened", state: store.state, entries: packEntries(entries) });
  const model = ModelLog.of(store.state, entries);
  const history = new SeededRandom(options.seed);
  const pace = new SeededRandom(options.seed + 1);
  let acknowledgedCount = 0;
  const inFlight: Promise<StorageOutcome>[] = [];
  for (;;) {
    const operation = nextOperation(history, model);
    model.apply(operation);
    inFlight.push(perform(store, operation));
    if (inFlight.length < OPERATIONS_IN_FLIGHT_MAX && pace.below(3) > 0) continue;
    while (inFlight.length > 0 && (inFlight.length >= OPERATIONS_IN_FLIGHT_MAX || pace.below(2) === 0)) {
      const outcome = await inFlight.shift();
      if (outcome?.kind === "fault") return say({ kind: "failed", reason: outcome.fault.message });
      acknowledgedCount += 1;
      say({ kind: "acknowledged", count: acknowledgedCount });
    }
  }
}
