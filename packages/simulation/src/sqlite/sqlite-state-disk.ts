import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AspenError, type KeyValueStateMachine } from "@aspenjs/api";
import { openSqliteStateMachine } from "@aspenjs/state-machine/sqlite";
import type { StateDisk } from "../disk/state-disk.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import { HeldStateMachine } from "./held-state-machine.ts";

/**
 * The real state machine on a real file system. A process that dies leaves what the operating system has at that moment:
 * the next one goes on with a copy of it. A power cut is no more than that here; what one takes from SQLite is shown
 * elsewhere, on traced disks.
 */
export class SqliteStateDisk implements StateDisk {
  readonly #directory: string;
  #lives = 0;
  #current: string | undefined;
  #machine: HeldStateMachine | undefined;
  /** Of those who died: what they left is being taken away. */
  readonly #removals: Promise<void>[] = [];

  /** Everything of this disk is kept in here. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async open(time: VirtualTime): Promise<KeyValueStateMachine> {
    const directory = this.#current ?? this.#nextDirectory();
    mkdirSync(directory, { recursive: true });
    this.#current = directory;
    const opened = await time.hold(openSqliteStateMachine({ directory, maintenance: "inline" }));
    if (opened.kind === "fault") throw new AspenError("internal", opened.fault.message);
    this.#machine = new HeldStateMachine(opened.machine, time);
    return this.#machine;
  }

  kill(): void {
    const [left, machine] = [this.#current, this.#machine];
    if (left === undefined || machine === undefined) return;
    const next = this.#nextDirectory();
    cpSync(left, next, { recursive: true });
    this.#current = next;
    this.#machine = undefined;
    this.#removals.push(machine.abandon().then(() => rmSync(left, { recursive: true, force: true })));
  }

  cutPower(): void {
    this.kill();
  }

  /** When the run is over. */
  async close(): Promise<void> {
    await this.#machine?.abandon();
    this.#machine = undefined;
    await Promise.all(this.#removals);
  }

  /** Files of a real file system fail only when it does. */
  breakDown(): undefined {
    return undefined;
  }

  #nextDirectory(): string {
    this.#lives += 1;
    return join(this.#directory, String(this.#lives));
  }
}
