/**
 * Processes that answer queries: started when they are needed, kept, and ended when a query must be.
 *
 * Invariants
 * S1  A query ends at its deadline or its signal, whatever SQLite is doing for it.
 * S2  After `suspend` and `hold` resolve, no process has the state open, until `resume`.
 * S3  Queries cost the process that applies nothing but their messages.
 */
import { assert, AspenError, unreachable, type SqlReader, type SqlReading, type SqlReadResult } from "@aspenjs/api";
import { stateMachineLimits as limits } from "../limits.ts";
import { SqlJob } from "./sql-job.ts";
import { SqlProcessHandle } from "./sql-process-handle.ts";
import type { SqlTaskOutcome } from "./sql-task.ts";

export class SqlProcessPool implements SqlReader {
  readonly #databasePath: string;
  readonly #processesMax: number;
  readonly #idle: SqlProcessHandle[] = [];
  /** Processes with a query, also with one that has ended and whose process is about to. */
  readonly #running = new Map<SqlProcessHandle, SqlJob>();
  #waiting: SqlJob[] = [];
  #isHeld = false;
  #isClosed = false;
  #onQuiet: (() => void)[] = [];

  constructor(databasePath: string, processesMax: number) {
    assert(processesMax >= 1 && processesMax <= limits.sqlProcessesMax, "a pool has 1 to 10 processes");
    this.#databasePath = databasePath;
    this.#processesMax = processesMax;
  }

  async read(reading: SqlReading): Promise<SqlReadResult> {
    if (this.#isClosed) throw closedError();
    this.#waiting = this.#waiting.filter((job) => !job.isEnded);
    if (this.#waiting.length >= limits.sqlQueriesWaitingMax) {
      throw new AspenError("resource_exhausted", `${limits.sqlQueriesWaitingMax} queries wait already`);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push(new SqlJob(reading, { resolve, reject }));
      this.#startNext();
    });
  }

  /** Ends the queries that run. Those that come wait. */
  suspend(reason: AspenError): Promise<void> {
    this.#isHeld = true;
    for (const job of this.#running.values()) job.interrupt(reason);
    return this.#quiet();
  }

  /** Waits for the queries that run, which end in time by themselves. Those that come wait. */
  hold(): Promise<void> {
    this.#isHeld = true;
    return this.#quiet();
  }

  resume(): void {
    this.#isHeld = false;
    this.#startNext();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#waiting) job.fail(closedError());
    this.#waiting = [];
    for (const process of this.#idle.splice(0)) process.kill();
    await this.suspend(closedError());
  }

  #startNext(): void {
    while (!this.#isHeld && this.#running.size < this.#processesMax) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      if (!job.isEnded) this.#start(job);
    }
  }

  #start(job: SqlJob): void {
    const process = this.#idle.pop() ?? this.#startProcess();
    this.#running.set(process, job);
    job.onInterrupted = () => process.kill();
    const { sql, parameters, keyPrefixes, appliedIndexMin } = job.reading;
    const deadlineMs = job.remainingMs;
    process.post({ databasePath: this.#databasePath, sql, parameters, keyPrefixes, appliedIndexMin, deadlineMs });
  }

  #startProcess(): SqlProcessHandle {
    const process: SqlProcessHandle = new SqlProcessHandle({
      onOutcome: (outcome) => this.#noteOutcome(process, outcome),
      onEnded: (signal) => this.#noteEnd(process, signal),
    });
    return process;
  }

  #noteOutcome(process: SqlProcessHandle, outcome: SqlTaskOutcome): void {
    const job = this.#running.get(process);
    // The query was interrupted meanwhile: its process is about to end.
    if (job === undefined || job.isEnded) return;
    settle(job, outcome);
    this.#running.delete(process);
    process.setIdle();
    if (this.#isClosed) process.kill();
    else this.#idle.push(process);
    this.#noteRoom();
  }

  #noteEnd(process: SqlProcessHandle, signal: NodeJS.Signals | null): void {
    const position = this.#idle.indexOf(process);
    if (position >= 0) this.#idle.splice(position, 1);
    this.#running.get(process)?.fail(endedError(signal));
    this.#running.delete(process);
    this.#noteRoom();
  }

  #noteRoom(): void {
    this.#startNext();
    if (this.#running.size > 0) return;
    for (const tell of this.#onQuiet.splice(0)) tell();
  }

  #quiet(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onQuiet.push(resolve);
    });
  }
}

/** A query may always be asked again. */
const WITHOUT_EFFECT = { outcome: "not_applied" } as const;

function settle(job: SqlJob, outcome: SqlTaskOutcome): void {
  switch (outcome.kind) {
    case "read":
      return job.complete(outcome.result);
    case "refused":
      return job.fail(
        new AspenError(outcome.code, outcome.message, { retryable: outcome.retryable, details: WITHOUT_EFFECT }),
      );
    default:
      return unreachable(outcome);
  }
}

/** The watchdog ends a process that takes too much memory with SIGTERM, and SQLite or V8 with others. */
function endedError(signal: NodeJS.Signals | null): AspenError {
  if (signal === "SIGTERM" || signal === "SIGABRT" || signal === "SIGTRAP") {
    const max = limits.sqlProcessBytesMax;
    return new AspenError("resource_exhausted", `the query took more than ${max} bytes of memory and was interrupted`, {
      retryable: false,
      details: { max },
    });
  }
  return new AspenError("unavailable", "the process that answered the query has ended", { details: WITHOUT_EFFECT });
}

function closedError(): AspenError {
  return new AspenError("shutting_down", "the state machine is closed");
}
