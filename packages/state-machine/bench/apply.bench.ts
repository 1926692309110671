/**
 * What applying and reading cost, on one thread, with 256-byte values under 200,000 keys.
 *
 *     node --conditions=@aspenjs/source packages/state-machine/bench/apply.bench.ts
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyValueStateMachine, LogEntry } from "@aspenjs/api";
import { decodeLogCommand, encodeLogCommand, type LogAction, type SessionReference } from "@aspenjs/protocol";
import { createMemoryStateMachine } from "../src/memory/index.ts";
import { openSqliteStateMachine } from "../src/sqlite/index.ts";

const KEYS = 200_000;
const VALUE = new Uint8Array(256).fill(7);
const SETS = 40_000;
const SETS_ALONE = 10_000;
const GETS = 50_000;
const SCANS = 200;

let seed = 1;

function randomKey(): string {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return keyAt((seed >>> 0) % KEYS);
}

function keyAt(position: number): string {
  return `user/profile/${String(position).padStart(8, "0")}`;
}

class Script {
  #index: number;
  #sequence = 0;
  readonly #sessionId: number | undefined;
  readonly #inFlight: number;

  constructor(index: number, sessionId?: number, inFlight = 1) {
    this.#index = index;
    this.#sessionId = sessionId;
    this.#inFlight = inFlight;
  }

  batch(size: number, actionAt: () => LogAction): LogEntry[] {
    return Array.from({ length: size }, () => {
      this.#index += 1;
      this.#sequence += 1;
      const stamped = { logTimeMs: this.#index, action: actionAt() };
      const command = encodeLogCommand(
        this.#sessionId === undefined ? stamped : { ...stamped, session: this.#reference(this.#sessionId) },
      );
      return { term: 1, index: this.#index, payload: { kind: "command", command } };
    });
  }

  #reference(sessionId: number): SessionReference {
    const sequence = this.#sequence;
    return { sessionId, sequence, acknowledgedThrough: Math.max(0, sequence - this.#inFlight) };
  }
}

async function apply(machine: KeyValueStateMachine, entries: readonly LogEntry[]): Promise<void> {
  const outcome = await machine.apply(entries);
  if (outcome.kind === "fault") throw new Error(outcome.fault.message);
}

/** Processor time, checkpoints and garbage included, says more than the clock on a machine that others use too. */
class Stopwatch {
  readonly #startedMs = performance.now();
  readonly #startedCpu = process.cpuUsage();

  report(what: string, count: number): void {
    const wall = ((performance.now() - this.#startedMs) * 1_000) / count;
    const { user, system } = process.cpuUsage(this.#startedCpu);
    const cpu = (user + system) / count;
    const perSecond = String(Math.round(1_000_000 / wall));
    console.log(
      `${what.padEnd(44)} ${wall.toFixed(1).padStart(8)} µs ${perSecond.padStart(8)}/s  cpu ${cpu.toFixed(1).padStart(8)} µs`,
    );
  }
}

async function measureSets(machine: KeyValueStateMachine, name: string, isInSession: boolean): Promise<void> {
  for (const size of [1, 16, 256]) {
    const { lastApplied } = machine.appliedState;
    const sessionId = lastApplied.index + 1;
    await apply(
      machine,
      new Script(lastApplied.index).batch(1, () => ({ kind: "openSession" })),
    );
    const inFlight = 256;
    const script = new Script(sessionId, isInSession ? sessionId : undefined, inFlight);
    const total = size === 1 ? SETS_ALONE : SETS;
    const batches = Array.from({ length: Math.floor(total / size) }, () =>
      script.batch(size, () => ({ kind: "set", key: randomKey(), value: VALUE })),
    );
    const stopwatch = new Stopwatch();
    for (const batch of batches) await apply(machine, batch);
    stopwatch.report(`${name}: set, ${size} per batch`, batches.length * size);
    // What a checkpoint costs belongs to the run that caused it, not to the next one.
    await machine.flush();
  }
}

function measureReads(machine: KeyValueStateMachine, name: string): void {
  const getting = new Stopwatch();
  for (let i = 0; i < GETS; i += 1) machine.get(randomKey());
  getting.report(`${name}: get`, GETS);
  const scanning = new Stopwatch();
  for (let i = 0; i < SCANS; i += 1) {
    const start = keyAt((i * 977) % (KEYS - 2_000));
    const range = { kind: "range", start, end: "user/z" } as const;
    const page = machine.scan({ range, limit: 1_000, reverse: false, keysOnly: false, after: undefined });
    if (page.count !== 1_000) throw new Error("the scan is short");
  }
  scanning.report(`${name}: scan of 1,000`, SCANS);
}

async function measure(machine: KeyValueStateMachine, name: string): Promise<void> {
  const script = new Script(0);
  await apply(
    machine,
    script.batch(1, () => ({ kind: "openSession" })),
  );
  for (let position = 0; position < KEYS;) {
    const fill = (): LogAction => ({ kind: "set", key: keyAt(position++), value: VALUE });
    await apply(machine, script.batch(1_000, fill));
  }
  await machine.flush();
  await measureSets(machine, name, false);
  await measureSets(machine, `${name}, 256 in flight`, true);
  measureReads(machine, name);
}

function measureCodec(): void {
  const command = { logTimeMs: 1_700_000_000_000, action: { kind: "set", key: keyAt(7), value: VALUE } } as const;
  const bytes = encodeLogCommand(command);
  for (const [what, run] of [
    ["encode a set", () => encodeLogCommand(command)],
    ["decode a set", () => decodeLogCommand(bytes)],
  ] as const) {
    for (let i = 0; i < 50_000; i += 1) run();
    const stopwatch = new Stopwatch();
    for (let i = 0; i < 200_000; i += 1) run();
    stopwatch.report(what, 200_000);
  }
}

measureCodec();
const directory = await mkdtemp(join(tmpdir(), "aspen-bench-"));
const opened = await openSqliteStateMachine({ directory: join(directory, "state") });
if (opened.kind === "fault") throw new Error(opened.fault.message);
await measure(opened.machine, "SQLite");
await opened.machine.close();
await rm(directory, { recursive: true });
await measure(createMemoryStateMachine(), "memory");
