/**
 * One life of one program: everything that it does goes through here, so that it can be stopped in the middle, for a
 * while or for good.
 *
 * Invariants:
 *   P1  A dead process does nothing that anybody else could notice: its events are dropped, its ports are dead.
 *   P2  A paused process does nothing until it goes on; then everything that fell due meanwhile happens, in order.
 *   P3  What a process defers happens in the order in which it deferred it.
 */
import { assert, type CancelTimer, type Clock } from "@aspenjs/api";
import { Layers } from "../faults/layers.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { MachineClock } from "../time/machine-clock.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

type ProcessState =
  | { readonly kind: "running" }
  | { readonly kind: "paused"; readonly backlog: (() => void)[] }
  | { readonly kind: "dead" };

interface Doom {
  operationsLeft: number;
  readonly onDeath: () => void;
}

export interface SimulatedProcessInit {
  readonly name: string;
  readonly time: VirtualTime;
  readonly machineClock: MachineClock;
  readonly random: SeededRandom;
  /** Something was thrown that nobody caught: in production the process would end. */
  readonly onBug: (error: unknown) => void;
}

/** How long a turn of the event loop takes to come round, and how late a timer fires. */
const TURN_US_MAX = 40;
const TIMER_LATE_US_MAX = 400;
const DEFER_RANK = 0;
const RUNNING: ProcessState = { kind: "running" };

export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  /** For the code that runs in here. */
  readonly random: SeededRandom;
  readonly #init: SimulatedProcessInit;
  readonly #scheduling: SeededRandom;
  #state: ProcessState = RUNNING;
  #lastDeferUs = 0;
  readonly #pauses = new Layers(false);
  /** What it is to die of in the middle of what it does. */
  readonly #dooms = new Set<Doom>();

  constructor(init: SimulatedProcessInit) {
    this.name = init.name;
    this.random = init.random.child("program");
    this.#scheduling = init.random.child("scheduling");
    this.#init = init;
    this.clock = this.#createClock();
  }

  get isAlive(): boolean {
    return this.#state.kind !== "dead";
  }

  get isPaused(): boolean {
    return this.#state.kind === "paused";
  }

  /** Lets the process do something: at once, when it goes on, or never. */
  run(callback: () => void): void {
    const state = this.#state;
    if (state.kind === "dead") return;
    if (state.kind === "paused") {
      state.backlog.push(callback);
      return;
    }
    try {
      callback();
    } catch (error) {
      this.#init.onBug(error);
    }
  }

  /** @returns how to let it go on, unless something else makes it stand still as well */
  pause(): () => void {
    if (this.#state.kind === "running") this.#state = { kind: "paused", backlog: [] };
    const end = this.#pauses.lay(true);
    return () => {
      end();
      if (this.#pauses.isBare) this.resume();
    };
  }

  /** Goes on, whatever has made it stand still. */
  resume(): void {
    this.#pauses.clear();
    const state = this.#state;
    if (state.kind !== "paused") return;
    this.#state = RUNNING;
    const nowUs = this.#init.time.nowUs;
    for (const callback of state.backlog) this.#init.time.at(nowUs, () => this.run(callback), DEFER_RANK);
  }

  kill(): void {
    this.#state = { kind: "dead" };
  }

  /** Dies at its n-th operation from now on, wherever in its code that is. @returns how to spare it */
  killAfter(operationCount: number, onDeath: () => void): () => void {
    assert(operationCount >= 1, "a death lies ahead");
    const doom: Doom = { operationsLeft: operationCount, onDeath };
    this.#dooms.add(doom);
    return () => this.#dooms.delete(doom);
  }

  /** Every port asks before it does anything that the world could notice. @returns whether it may */
  operate(): boolean {
    for (const doom of this.#dooms) {
      if (!this.isAlive) break;
      doom.operationsLeft -= 1;
      if (doom.operationsLeft > 0) continue;
      this.kill();
      this.#init.time.after(0, doom.onDeath);
    }
    return this.isAlive;
  }

  #createClock(): Clock {
    const { time, machineClock } = this.#init;
    return {
      nowMs: () => machineClock.localUs(time.nowUs) / 1_000,
      wallMs: () => machineClock.wallMs(time.nowUs),
      setTimer: (delayMs, callback) => this.#setTimer(delayMs, callback),
      defer: (callback) => this.#defer(callback),
    };
  }

  #setTimer(delayMs: number, callback: () => void): CancelTimer {
    assert(delayMs >= 0, "a timer lies ahead");
    if (!this.operate()) return () => {};
    const { time, machineClock } = this.#init;
    const lateUs = this.#scheduling.below(TIMER_LATE_US_MAX);
    const state = { isCancelled: false };
    const cancel = time.after(machineClock.worldDelayUs(delayMs * 1_000) + lateUs, () => {
      // A timer that is cancelled while the process stands still does not fire when it goes on.
      this.run(() => {
        if (!state.isCancelled) callback();
      });
    });
    return () => {
      state.isCancelled = true;
      cancel();
    };
  }

  #defer(callback: () => void): void {
    if (!this.isAlive) return;
    const { time } = this.#init;
    const dueUs = Math.max(this.#lastDeferUs, time.nowUs + this.#scheduling.below(TURN_US_MAX));
    this.#lastDeferUs = dueUs;
    time.at(dueUs, () => this.run(callback), DEFER_RANK);
  }
}
