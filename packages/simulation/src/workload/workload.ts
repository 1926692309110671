import { AspenError, type ReadConsistency, type WatchFilter } from "@aspenjs/api";
import type { LeaseSafety } from "../checkers/lease-safety.ts";
import type { LogOrder } from "../checkers/log-order.ts";
import type { WatchOrder } from "../checkers/watch-order.ts";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import type { World } from "../cluster/world.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import { DRIFT_PPM_MAX } from "../time/machine-clock.ts";
import { ClientProgram, type ClientProgramOptions } from "./client-program.ts";
import { LogProgram } from "./log-program.ts";
import { LOCK_PREFIX, LockProgram } from "./lock-program.ts";
import { groupPrefix, type KeySpace } from "./key-space.ts";
import { fellBack, type RecordedCall } from "./recorded-call.ts";
import { WatchProgram } from "./watch-program.ts";

export interface WorkloadOptions {
  readonly clientCount: number;
  readonly lockHolderCount: number;
  readonly leases: LeaseSafety;
  readonly watcherCount: number;
  readonly watches: WatchOrder;
  readonly log: LogOrder;
  readonly keys: KeySpace;
  readonly thinkMsMax: number;
  readonly consistencies: readonly ReadConsistency[];
}

interface Seat {
  readonly program: ClientProgram;
  readonly die: () => void;
}

interface LockHolder {
  readonly client: SimulatedClient;
  readonly program: LockProgram;
}

interface WatcherSeat {
  readonly client: SimulatedClient;
  readonly program: WatchProgram;
}

const LOCKS = [`${LOCK_PREFIX}a`, `${LOCK_PREFIX}b`];
const FLOOD_WRITES = 60;
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
  readonly #lockHolders: LockHolder[] = [];
  readonly #watchers: WatcherSeat[] = [];
  readonly #floods = new Set<string>();
  #clientCount = 0;
  #lockHolderCount = 0;
  #watcherCount = 0;
  #isStopping = false;

  constructor(world: World, options: WorkloadOptions) {
    this.#world = world;
    this.#options = options;
  }

  start(): void {
    for (let seat = 0; seat < this.#options.clientCount; seat += 1) this.#take(seat);
    for (let holder = 0; holder < this.#options.lockHolderCount; holder += 1) this.#takeLocks(holder);
    for (let watcher = 0; watcher < this.#options.watcherCount; watcher += 1) this.#watch(watcher);
    if (this.#options.watcherCount > 0) this.#followLog();
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

  /** They go on to the end of the world. */
  get watchers(): readonly WatchProgram[] {
    return this.#watchers.map(({ program }) => program);
  }

  /** Clients that still wait for an answer. */
  get waiting(): readonly string[] {
    const seats = [...this.#seats, ...this.#guests].filter(({ program }) => program.callsUnderWay > 0);
    const holders = this.#lockHolders.filter(({ program }) => !program.isIdle);
    return [...seats.map(({ program }) => program.name), ...holders.map(({ client }) => client.name), ...this.#floods];
  }

  /**
   * A client's process dies, whatever it waits for or holds; another one takes its seat. What it held ends with its
   * lease. @returns who dies, when there is anybody
   */
  replaceOne(random: SeededRandom): string | undefined {
    const count = this.#seats.length + this.#lockHolders.length + this.#watchers.length;
    if (count === 0) return undefined;
    const chosen = random.below(count);
    const seat = this.#seats[chosen];
    if (seat !== undefined) {
      seat.die();
      this.#take(chosen);
      return seat.program.name;
    }
    const place = chosen - this.#seats.length;
    const holder = this.#lockHolders[place];
    if (holder !== undefined) {
      holder.client.die();
      this.#takeLocks(place);
      return holder.client.name;
    }
    const watcherPlace = place - this.#lockHolders.length;
    const watcher = this.#watchers[watcherPlace];
    watcher?.client.die();
    this.#watch(watcherPlace);
    return watcher?.program.name;
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
    this.#floods.add(client.name);
    client.run(async () => {
      await tolerate(async () => {
        const connected = await client.connect();
        const writes = Array.from({ length: FLOOD_WRITES }, () => {
          const value = new Uint8Array(FLOOD_VALUE_BYTES);
          return tolerate(() => connected.store.write({ kind: "set", key: "flood", value }));
        });
        await Promise.all(writes);
        await connected.close();
      });
      this.#floods.delete(client.name);
    });
  }

  #takeLocks(place: number): void {
    const world = this.#world;
    const { leases } = this.#options;
    this.#lockHolderCount += 1;
    const client = world.addClient(`l${this.#lockHolderCount}`);
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
    this.#lockHolders[place] = { client, program };
    client.run(() => program.run());
  }

  #watch(place: number): void {
    const world = this.#world;
    const { watches, keys } = this.#options;
    this.#watcherCount += 1;
    const client = world.addClient(`w${this.#watcherCount}`);
    const random = world.random.child(`watch ${client.name}`);
    const program = new WatchProgram({
      client,
      random,
      filter: drawFilter(keys, random),
      nowUs: () => world.time.nowUs,
      onBegun: (beginning) => world.judge(watches.name, () => watches.noteBegun(beginning)),
      onTold: (told) => {
        world.trace.note("watch", told.watcher, `revision ${told.batch.revision}, ${told.batch.changes.length} keys`);
        world.judge(watches.name, () => watches.noteTold(told));
      },
      onLagged: () => watches.noteLagged(),
    });
    this.#watchers[place] = { client, program };
    client.run(() => program.run());
  }

  /** One is enough: it is told every entry. */
  #followLog(): void {
    const world = this.#world;
    const { log } = this.#options;
    const client = world.addClient("e1");
    const program = new LogProgram({
      client,
      random: world.random.child(`log ${client.name}`),
      onTold: (told) => {
        world.trace.note("watch", client.name, `entries up to ${told.throughIndex}`);
        world.judge(log.name, () => log.noteTold(told));
      },
      onLagged: () => log.noteLagged(),
    });
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

function drawFilter(keys: KeySpace, random: SeededRandom): WatchFilter {
  const prefix = groupPrefix(keys.pickGroup(random));
  switch (random.below(4)) {
    case 0:
      return { kind: "key", key: keys.pickKey(random) };
    case 1:
      return { kind: "prefix", prefix };
    case 2:
      // Everything from the group on, floods and locks among it.
      return { kind: "range", start: prefix, end: "\u{10FFFF}" };
    default:
      return { kind: "prefix", prefix: "" };
  }
}

/** A flood is to be a load: that some of it is refused is as it should be. */
async function tolerate(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AspenError)) throw error;
  }
}

function callText({ call, outcome, startedUs }: RecordedCall): string {
  const what = call.kind === "write" ? call.command.kind : `${call.kind} ${call.consistency}`;
  const came =
    outcome.kind === "answered" ? `revision ${outcome.answer.result.revision}` : `${outcome.kind} ${outcome.code}`;
  return `${what}, asked at ${startedUs}: ${came}${fellBack({ call, outcome }) ? ", fell back to stale" : ""}`;
}
