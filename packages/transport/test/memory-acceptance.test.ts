import { describe, test } from "vitest";
import { createMemoryNetwork } from "../src/memory/memory-network.ts";
import { createSeededRandom } from "../src/testing/seeded-random.ts";
import { transportCases } from "../src/testing/transport-cases.ts";
import { OPEN_GATE, type TransportHarness } from "../src/testing/transport-harness.ts";
import { createVirtualClock, type VirtualClock } from "../src/testing/virtual-clock.ts";
import type { MemoryNetwork } from "../src/memory/memory-network.ts";

function createHarness(clock: VirtualClock, configure: (network: MemoryNetwork) => void): TransportHarness {
  const network = createMemoryNetwork({ clock, random: createSeededRandom(7) });
  configure(network);
  return {
    clock,
    create: (name, options = {}) => Promise.resolve(network.createTransport(name, { gate: OPEN_GATE, ...options })),
    crash: (endpoint) => network.crash(endpoint.localPeerId),
  };
}

const networks: readonly [string, (network: MemoryNetwork) => void][] = [
  ["without delay", () => {}],
  ["with delays of 1 to 5 ms", (network) => network.setDelay({ kind: "uniform", minMs: 1, maxMs: 5 })],
  ["in random pieces", (network) => network.setPieceBytesMax(5_000)],
];

describe.each(networks)("the memory transport %s", (_name, configure) => {
  for (const { name, run } of transportCases) {
    test(name, async () => {
      const clock = createVirtualClock();
      await clock.settle(run(createHarness(clock, configure)));
    });
  }
});
