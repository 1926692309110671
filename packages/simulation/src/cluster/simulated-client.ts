import { assert, type CallOptions } from "@aspenjs/api";
import { connectClient, type AspenClient } from "@aspenjs/client";
import { Endpoint } from "@aspenjs/transport";
import type { VirtualNetwork } from "../network/virtual-network.ts";
import { SimulatedProcess } from "../process/simulated-process.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import { MachineClock } from "../time/machine-clock.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

export interface SimulatedClientInit {
  readonly name: string;
  readonly time: VirtualTime;
  readonly network: VirtualNetwork;
  readonly random: SeededRandom;
  readonly ticket: () => string;
  readonly onBug: (error: unknown) => void;
}

const OPEN_GATE = { mayConnect: () => true, mayUse: () => true };

/** A program that uses the cluster, on a machine of its own: production's client over the virtual network. */
export class SimulatedClient {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly #init: SimulatedClientInit;
  readonly #peerId: string;

  constructor(init: SimulatedClientInit) {
    this.#init = init;
    this.name = init.name;
    this.#peerId = `client-${init.name}`;
    this.process = new SimulatedProcess({
      name: init.name,
      time: init.time,
      machineClock: new MachineClock(init.random.below(1_000_000_000), 0),
      random: init.random,
      onBug: init.onBug,
    });
  }

  get peerId(): string {
    return this.#peerId;
  }

  /** Lets the client's program run; an error that it does not catch is a bug. */
  run(program: () => Promise<void>): void {
    const { process } = this;
    process.clock.defer(() => {
      program().catch((error: unknown) => {
        if (process.isAlive) this.#init.onBug(error);
      });
    });
  }

  /** One call at a time of this; every connection is a new endpoint. @throws AspenError as `connectClient` */
  async connect(options: CallOptions & { readonly endpoint?: string } = {}): Promise<AspenClient> {
    const { process } = this;
    const transport = new Endpoint(this.#init.network.createBackend(process, this.#peerId), {
      gate: OPEN_GATE,
      clock: process.clock,
      random: process.random,
    });
    await transport.start();
    return connectClient({
      ticket: this.#init.ticket(),
      transport,
      ownsTransport: true,
      clock: process.clock,
      random: process.random,
      ...options,
    });
  }

  sleep(delayMs: number): Promise<void> {
    assert(delayMs >= 0, "a sleep ends later");
    return new Promise((resolve) => this.process.clock.setTimer(delayMs, resolve));
  }

  die(): void {
    this.process.kill();
    this.#init.network.noteDeath(this.process, true);
  }
}
