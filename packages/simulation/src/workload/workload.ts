import { AspenError, type ReadConsistency } from "@aspenjs/api";
import type { LeaseSafety } from "../checkers/lease-safety.ts";
import type { World } from "../cluster/world.ts";
import { DRIFT_PPM_MAX } from "../time/machine-clock.ts";
import { ClientProgram, type ClientProgramOptions } from "./client-program.ts";
import { LOCK_PREFIX, LockProgram } from "./lock-program.ts";
import type { KeySpace } from "./key-space.ts";
import type { RecordedCall } from "./recorded-call.ts";

export interface WorkloadOptions {
  readonly clientCount: number;
  readonly lockHolderCount: number;
  readonly leases: LeaseSafety;
  readonly keys: KeySpace;
  readonly thinkMsMax: number;
  readonly consistencies: readonly ReadConsistency[];
}

interface Seat {
  readonly program: ClientProgram;
  readonly die: () => void;
}

const LOCKS = [`${LOCK_PREFIX}a`, `${LOCK_PREFIX}b`];
const FLOOD_WRITES = 60;
const FLOOD_KEYS = 1;
const FLOOD_VALUE_BYTES = 50_000;
const BURST_THINK_MS_MAX = 60;
const BURST_PATIENCE_MS_MAX = 200;

/** The clients of a run and what they were told. Clients die and are replaced: the number of seats stays. */
export class Workload {
  readonly calls: RecordedCall[] = [];
  readonly #world: World;
  readonly #options: WorkloadOptions;
  readonly #seats: Seat[] = [];
  readonly #guests: Seat[] = [];
  readonly #lockHolders: LockProgram[] = [];
  #clientCount = 0;
  #isStopping = false;

  constructor(world: World, options: WorkloadOptions) {
    this.#world = world;
    this.#options = options;
  }

  start(): void {
    for (let seat = 0; seat < this.#options.clientCount; seat += 1) this.#take(seat);
    for (let holder = 0; holder < this.#options.lockHolderCount; holder += 1) this.#startLockHolder();
  }

  /** No new calls; those under way end with their deadlines. */
  stop(): void {
    this.#isStopping = true;
  }

  /** At the end of the world: what is still under way has no answer, and may have taken effect. */
  abandonAll(): void {
    for (const { program } of [...this.#seats, ...this.#guests]) {
      for (const call of program.abandoned()) this.#record(call);
    }
  }

  get isIdle(): boolean {
    const isSeatIdle = [...this.#seats, ...this.#guests].every(({ program }) => program.callsUnderWay === 0);
    return isSeatIdle && this.#lockHolders.every(({ isIdle }) => isIdle);
  }

  get seatCount(): number {
    return this.#seats.length;
  }

  /** The client's process dies, whatever it waits for; another one takes its seat. */
  replace(seat: number): void {
    this.#seats[seat]?.die();
    this.#take(seat);
  }

  /**
   * For a while one client only reads, from `readFrom` alone, and one for each of `writeTo` only writes, to that alone,
   * all without a pause: what a node that is cut off still answers shows then.
   */
  burst(readFrom: string, writeTo: readonly string[], durationUs: number): void {
    const endUs = this.#world.time.nowUs + durationUs;
    const isOver = (): boolean => this.#isStopping || this.#world.time.nowUs >= endUs;
    const habits = { thinkMsMax: BURST_THINK_MS_MAX, patienceMsMax: BURST_PATIENCE_MS_MAX };
    this.#guests.push(this.#seatClient({ ...habits, diet: "reads", endpoint: readFrom }, isOver));
    for (const endpoint of writeTo) {
      this.#guests.push(this.#seatClient({ ...habits, diet: "writes", endpoint }, isOver));
    }
  }

  /** Many writes at once, of values that are not small, to keys that nobody else reads. */
  flood(): void {
    this.#clientCount += 1;
    const client = this.#world.addClient(`f${this.#clientCount}`);
    client.run(async () => {
      try {
        const connected = await client.connect();
        const writes = Array.from({ length: FLOOD_WRITES }, (_, index) => {
          const value = new Uint8Array(FLOOD_VALUE_BYTES);
          return connected.store.write({ kind: "set", key: `flood/${index % FLOOD_KEYS}`, value });
        });
        await Promise.allSettled(writes);
        await connected.close();
      } catch (error) {
        if (!(error instanceof AspenError)) throw error;
      }
    });
  }

  #startLockHolder(): void {
    const world = this.#world;
    const { leases } = this.#options;
    const client = world.addClient(`l${this.#lockHolders.length + 1}`);
    const program = new LockProgram({
      client,
      random: world.random.child(`locks ${client.name}`),
      locks: LOCKS,
      driftPpmMax: world.driftPpmMax ?? DRIFT_PPM_MAX,
      nowUs: () => world.time.nowUs,
      onTenure: (tenure) => world.judge(leases.name, () => leases.noteTenure(tenure)),
      onLeaseLost: (loss) => world.judge(leases.name, () => leases.noteLoss(loss)),
      isStopping: () => this.#isStopping,
    });
    this.#lockHolders.push(program);
    client.run(() => program.run());
  }

  #take(seat: number): void {
    this.#seats[seat] = this.#seatClient({ thinkMsMax: this.#options.thinkMsMax }, () => this.#isStopping);
  }

  #seatClient(
    habits: Pick<ClientProgramOptions, "diet" | "endpoint" | "patienceMsMax" | "thinkMsMax">,
    isStopping: () => boolean,
  ): Seat {
    this.#clientCount += 1;
    const client = this.#world.addClient(`c${this.#clientCount}`);
    const { keys, consistencies } = this.#options;
    const program = new ClientProgram({
      client,
      keys,
      random: this.#world.random.child(`workload ${client.name}`),
      consistencies,
      nowUs: () => this.#world.time.nowUs,
      onCall: (call) => this.#record(call),
      isStopping,
      ...habits,
    });
    client.run(() => program.run());
    const die = (): void => {
      client.die();
      for (const call of program.abandoned()) this.#record(call);
    };
    return { program, die };
  }

  #record(call: RecordedCall): void {
    this.calls.push(call);
    this.#world.observer.onCall(call);
    this.#world.trace.note("call", call.client, callText(call));
  }
}

function callText({ call, outcome, startedUs }: RecordedCall): string {
  const what = call.kind === "write" ? call.command.kind : `${call.kind} ${call.consistency}`;
  const came =
    outcome.kind === "answered" ? `revision ${outcome.answer.result.revision}` : `${outcome.kind} ${outcome.code}`;
  return `${what}, asked at ${startedUs}: ${came}`;
}
