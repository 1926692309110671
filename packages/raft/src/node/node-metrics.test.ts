import { LOG_ID_ZERO, membershipOf } from "@aspenjs/api";
import { expect, test } from "vitest";
import type { RaftView } from "../core/view.ts";
import { describeNode } from "./node-metrics.ts";

const view: RaftView = {
  nodeId: 1,
  role: "leader",
  hardState: { term: 3, vote: 1 },
  leader: 1,
  last: { term: 3, index: 9 },
  purged: LOG_ID_ZERO,
  committed: 9,
  durable: 9,
  applied: 9,
  membership: { logId: { term: 1, index: 1 }, membership: membershipOf([1, 2], [], []) },
  leading: {
    termStart: 8,
    isTransferring: false,
    quorumAckAgeTicks: 4,
    readsWaiting: 0,
    peers: [{ nodeId: 2, matchIndex: 9, nextIndex: 10, flow: "replicate", contactAgeTicks: 5 }],
  },
};
const latency = { count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 };

test("ages go on between the ticks that a core is told of", () => {
  const measures = { view, tickMs: 10, snapshot: undefined, proposalsInFlight: 0, readsWaiting: 0 };
  const metrics = describeNode({ ...measures, untoldTicks: 7, applyLatency: latency, logWriteLatency: latency });
  expect([metrics.quorumAckAgeMs, metrics.peers[0]?.lastContactMs]).toEqual([110, 120]);
});
