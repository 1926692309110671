import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyValueStateMachine } from "@aspenjs/api";
import { openSqliteStateMachine, type SqliteStateMachineOptions } from "../src/sqlite/index.ts";
import type { StateMachineReplica, StateMachineSubject } from "../src/testing/index.ts";

export async function openMachine(options: SqliteStateMachineOptions): Promise<KeyValueStateMachine> {
  const outcome = await openSqliteStateMachine(options);
  if (outcome.kind === "fault") throw new Error(`${outcome.fault.code}: ${outcome.fault.message}`);
  return outcome.machine;
}

/**
 * A power cut, as hard as it can be without a disk of our own: everything is put back to what it was when `flush` or
 * `takeSnapshot` last returned.
 */
export class SqliteReplica implements StateMachineReplica {
  readonly directory: string;
  readonly #options: Omit<SqliteStateMachineOptions, "directory">;
  #machine: KeyValueStateMachine | undefined;
  #keeping: Promise<void> = Promise.resolve();

  private constructor(directory: string, options: Omit<SqliteStateMachineOptions, "directory">) {
    this.directory = directory;
    this.#options = options;
  }

  static async open(options: Omit<SqliteStateMachineOptions, "directory"> = {}): Promise<SqliteReplica> {
    const replica = new SqliteReplica(await mkdtemp(join(tmpdir(), "aspen-state-")), options);
    await replica.#open();
    await replica.#keep();
    return replica;
  }

  get machine(): KeyValueStateMachine {
    if (this.#machine === undefined) throw new Error("the replica is closed");
    return this.#machine;
  }

  async restart(): Promise<void> {
    await this.machine.close();
    await this.#open();
  }

  async restartAfterPowerCut(): Promise<void> {
    await this.machine.close();
    await rm(this.directory, { recursive: true });
    await cp(this.#keptDirectory, this.directory, { recursive: true });
    await this.#open();
  }

  async dispose(): Promise<void> {
    await this.machine.close();
    await rm(this.directory, { recursive: true });
    await rm(this.#keptDirectory, { recursive: true });
  }

  get #keptDirectory(): string {
    return `${this.directory}-kept`;
  }

  async #open(): Promise<void> {
    const machine = await openMachine({ directory: this.directory, ...this.#options });
    const flush = machine.flush.bind(machine);
    machine.flush = async () => {
      const outcome = await flush();
      if (outcome.kind === "flushed") await this.#keep();
      return outcome;
    };
    const takeSnapshot = machine.takeSnapshot.bind(machine);
    machine.takeSnapshot = async () => {
      const outcome = await takeSnapshot();
      if (outcome.kind === "taken") await this.#keep();
      return outcome;
    };
    this.#machine = machine;
  }

  /** One copy after the other; what is copied later may hold more than was flushed, never less. */
  #keep(): Promise<void> {
    this.#keeping = this.#keeping.then(() => this.#copy());
    return this.#keeping;
  }

  async #copy(): Promise<void> {
    await rm(this.#keptDirectory, { recursive: true, force: true });
    await cp(this.directory, this.#keptDirectory, { recursive: true, filter: (path) => !path.endsWith("-shm") });
  }
}

/** Opens replicas, and removes them all at the end. */
export class SqliteSubject implements StateMachineSubject {
  readonly #options: Omit<SqliteStateMachineOptions, "directory">;
  #replicas: SqliteReplica[] = [];

  constructor(options: Omit<SqliteStateMachineOptions, "directory"> = {}) {
    this.#options = options;
  }

  async openReplica(): Promise<SqliteReplica> {
    const replica = await SqliteReplica.open(this.#options);
    this.#replicas.push(replica);
    return replica;
  }

  async dispose(): Promise<void> {
    const replicas = this.#replicas;
    this.#replicas = [];
    for (const replica of replicas) await replica.dispose();
  }
}
