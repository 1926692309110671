import { AspenError, membershipOf, SILENT_LOGGER, type PeerEvent } from "@aspenjs/api";
import type { RaftView } from "@aspenjs/raft";
import { expect, test } from "vitest";
import { handOver } from "./hand-over.ts";

const NODES = [1, 2, 3].map((nodeId) => ({ nodeId, peerId: `peer-${nodeId}`, addresses: [] }));

/** Node 1 of three, and a transfer that never ends by itself. */
function scene(role: RaftView["role"], connected: readonly string[]) {
  const connectedPeers = new Set(connected);
  const timers: (() => void)[] = [];
  const transfer = Promise.withResolvers<number>();
  let transfers = 0;
  let listener: (event: PeerEvent) => void = () => {};
  const deps = {
    raft: {
      get view() {
        return { role } as RaftView;
      },
      transferLeadership: () => {
        transfers += 1;
        return transfer.promise;
      },
    },
    transport: {
      get connectedPeers() {
        return [...connectedPeers];
      },
      onPeerEvent: (added: (event: PeerEvent) => void) => {
        listener = added;
        return () => {
          listener = () => {};
        };
      },
    },
    directory: { membership: membershipOf([1, 2, 3], [], NODES) },
    nodeId: 1,
    clock: {
      nowMs: () => 0,
      wallMs: () => 0,
      defer: () => {},
      setTimer: (_delayMs: number, callback: () => void) => {
        timers.push(callback);
        return () => void timers.splice(timers.indexOf(callback), 1);
      },
    },
    logger: SILENT_LOGGER,
  };
  const lose = (peerId: string): void => {
    connectedPeers.delete(peerId);
    listener({ kind: "disconnected", peerId });
  };
  return { deps, lose, timers, transfer, transferCount: () => transfers };
}

async function isSettled(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

test("a leader stops once another voter leads, and leaves no timer behind", async () => {
  const { deps, timers, transfer } = scene("leader", ["peer-2", "peer-3"]);
  const done = handOver(deps);
  expect(await isSettled(done)).toBe(false);
  transfer.resolve(2);
  await done;
  expect(timers).toEqual([]);
});

test("a leader that is refused stops all the same", async () => {
  const { deps, transfer } = scene("leader", ["peer-2", "peer-3"]);
  const done = handOver(deps);
  transfer.reject(new AspenError("unavailable", "the target did not take over in time"));
  await done;
});

test("patience ends", async () => {
  const { deps, timers } = scene("leader", ["peer-2", "peer-3"]);
  const done = handOver(deps);
  expect(await isSettled(done)).toBe(false);
  for (const ring of timers) ring();
  await done;
});

test("nobody is waited for who could not be elected: when the others stop too, or are gone already", async () => {
  const { deps, lose } = scene("leader", ["peer-2", "peer-3"]);
  const done = handOver(deps);
  lose("peer-2");
  expect(await isSettled(done)).toBe(false);
  lose("peer-3");
  await done;
  await handOver(scene("leader", []).deps);
});

test("a follower has nothing to hand over", async () => {
  const { deps, transferCount } = scene("follower", ["peer-2", "peer-3"]);
  await handOver(deps);
  expect(transferCount()).toBe(0);
});
