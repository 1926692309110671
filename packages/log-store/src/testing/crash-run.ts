/**
 * Kills a writer process again and again at random instants, and holds what the next one finds against what was
 * acknowledged.
 *
 * Invariants checked after every kill:
 *   C1  The log equals the history up to some operation, whole: no operation is half there.
 *   C2  That operation is not older than the last one acknowledged: nothing acknowledged is lost.
 *   C3  It is not newer than what can have been under way: nothing is invented.
 *   C4  The store opens, which verifies its chain.
 */
import type { ChildProcess } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { assert, unreachable } from "@aspenjs/api";
import {
  OPERATIONS_IN_FLIGHT_MAX,
  packEntries,
  parseMessage,
  unpackEntries,
  type WriterMessage,
} from "./crash-protocol.ts";
import { nextOperation } from "./log-workload.ts";
import { ModelLog } from "./model-log.ts";
import { SeededRandom } from "./seeded-random.ts";

/** A writer that has not got so far after this long hangs. */
const START_MS_MAX = 60_000;
/** A life is counted in what was acknowledged first, so that a slow disk has lives too, and then in time. */
const ACKNOWLEDGED_FIRST_MAX = 5;
const LIFE_MS_MAX = 60;
/** One kill of so many falls into the start of the writer. */
const EARLY_KILL_ODDS = 6;
const EARLY_KILL_MS_MAX = 250;

export interface CrashRunOptions {
  readonly seed: number;
  readonly killCount: number;
  /** A process whose standard output carries the messages of `runCrashWriter`, over one and the same disk. */
  startWriter(life: { readonly seed: number; readonly mustExist: boolean }): ChildProcess;
}

export interface CrashReport {
  readonly killCount: number;
  /** Kills before the writer had opened its store. */
  readonly earlyKillCount: number;
  readonly acknowledgedCount: number;
  /** Operations that nobody had acknowledged and that were there all the same. */
  readonly unacknowledgedCount: number;
}

/** What the disk may hold after a kill: the log as it was opened, and the life that wrote on it. */
interface Suspect {
  readonly start: ModelLog;
  readonly seed: number;
  readonly acknowledgedCount: number;
}

/** @throws AssertionFailure naming the seed and the life */
export async function runLogStoreCrashes(options: CrashRunOptions): Promise<CrashReport> {
  const random = new SeededRandom(options.seed);
  let suspect: Suspect = { start: new ModelLog(), seed: 0, acknowledgedCount: 0 };
  let hasOpened = false;
  let earlyKillCount = 0;
  let acknowledgedCount = 0;
  let unacknowledgedCount = 0;
  // One life more than kills: the last one only looks at what the last kill left.
  for (let life = 1; life <= options.killCount + 1; life += 1) {
    const seed = options.seed + life * 1_000;
    const isEarly = random.below(EARLY_KILL_ODDS) === 0 && life <= options.killCount;
    const acknowledgedFirst = random.below(ACKNOWLEDGED_FIRST_MAX);
    const delayMs = random.below(isEarly ? EARLY_KILL_MS_MAX : LIFE_MS_MAX);
    const writer = new WriterProcess(options.startWriter({ seed, mustExist: hasOpened }));
    if (!isEarly) await writer.waitUntilAcknowledged(acknowledgedFirst);
    await pause(delayMs);
    await writer.kill();
    assert(writer.failure === undefined, `seed ${options.seed}, life ${life}: ${writer.failure ?? ""}`);
    if (writer.found === undefined) {
      earlyKillCount += 1;
      continue;
    }
    const extraCount = survivingCount(suspect, writer.found, `seed ${options.seed}, life ${life}`);
    unacknowledgedCount += extraCount;
    acknowledgedCount += writer.acknowledgedCount;
    suspect = { start: writer.found, seed, acknowledgedCount: writer.acknowledgedCount };
    hasOpened = true;
  }
  return { killCount: options.killCount, earlyKillCount, acknowledgedCount, unacknowledgedCount };
}

/** How many operations beyond the acknowledged ones the log has. */
function survivingCount(suspect: Suspect, found: ModelLog, where: string): number {
  const random = new SeededRandom(suspect.seed);
  const model = suspect.start.copy();
  const advance = (): void => model.apply(nextOperation(random, model));
  for (let count = 0; count < suspect.acknowledgedCount; count += 1) advance();
  // A writer that was killed before its first operation leaves only the start.
  const extraMax = suspect.seed === 0 ? 0 : OPERATIONS_IN_FLIGHT_MAX;
  for (let extra = 0; extra <= extraMax; extra += 1) {
    if (isSameLog(model, found)) return extra;
    advance();
  }
  const { state } = found;
  assert(
    false,
    `${where}: after ${suspect.acknowledgedCount} acknowledged operations the log is ${JSON.stringify(state)}`,
  );
}

function isSameLog(left: ModelLog, right: ModelLog): boolean {
  return (
    isDeepStrictEqual(left.state, right.state) &&
    isDeepStrictEqual(packEntries(left.entries), packEntries(right.entries))
  );
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

class WriterProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #rest = "";
  #errors = "";
  #hasEnded = false;
  /** Something was said, or the process has ended. */
  #wake: () => void = () => {};
  found: ModelLog | undefined;
  acknowledgedCount = 0;
  failure: string | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = new Promise((resolve) => {
      child.once("close", (exitCode) => {
        if (exitCode !== null) this.failure ??= `the writer ended by itself with ${exitCode}: ${this.#errors}`;
        this.#hasEnded = true;
        this.#wake();
        resolve();
      });
    });
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => this.#receive(chunk));
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#errors += chunk;
    });
  }

  /** Until its store is open and so many operations are acknowledged, or it has ended. */
  async waitUntilAcknowledged(count: number): Promise<void> {
    const timer = setTimeout(() => {
      this.failure ??= `the writer has not opened its store and written ${count} times after ${START_MS_MAX} ms`;
      this.#wake();
    }, START_MS_MAX);
    const isThere = (): boolean => this.found !== undefined && this.acknowledgedCount >= count;
    while (!isThere() && !this.#hasEnded && this.failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
  }

  /** Resolves when the process is gone and everything it said has been read. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }

  #receive(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#hear(parseMessage(line));
    this.#wake();
  }

  #hear(message: WriterMessage): void {
    switch (message.kind) {
      case "opened":
        this.found = ModelLog.of(message.state, unpackEntries(message.entries));
        return;
      case "acknowledged":
        this.acknowledgedCount = message.count;
        return;
      case "failed":
        this.failure ??= message.reason;
        return;
      default:
        unreachable(message);
    }
  }
}
