import { expect, test } from "vitest";
import { MemoryHost } from "../../test/memory-host.ts";
import { NodeMonitor } from "./node-monitor.ts";
import type { NodeState } from "./node-process.ts";

const address = "/ip4/127.0.0.1/tcp/7607";
const file = { nodeId: 7, peerId: "p", clusterId: "c", addresses: [address], pid: process.pid };

/** Dies as soon as somebody has seen it run. */
class DyingNode {
  readonly nodeId = 7;
  readonly address = address;
  #looks = 0;

  get state(): NodeState {
    this.#looks += 1;
    if (this.#looks === 1) return { kind: "running", pid: process.pid, file };
    return { kind: "waiting", reason: "was ended by SIGKILL", delayMs: 250 };
  }
}

test("a node that dies while it is asked how it is ends no round of questions", async () => {
  const host = new MemoryHost();
  await host.cluster.init([{ nodeId: 7, peerId: "p", addresses: [address] }]);
  const round = Promise.withResolvers<void>();
  const monitor = new NodeMonitor(host.host(), "a ticket", [new DyingNode()], round.resolve);
  monitor.start();
  await round.promise;
  expect(monitor.reading(7).metrics).toMatchObject({ nodeId: 7 });
  await monitor.stop();
  expect(host.connections).toMatchObject([{ endpoint: address }]);
});
