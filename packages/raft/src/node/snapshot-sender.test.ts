import { AspenError, SILENT_LOGGER, type LogEntry } from "@aspenjs/api";
import { encodeLogCommand } from "@aspenjs/protocol";
import { createMemoryStateMachine } from "@aspenjs/state-machine/memory";
import { createMemoryNetwork } from "@aspenjs/transport/memory";
import { createSeededRandom, createVirtualClock } from "@aspenjs/transport/testing";
import { expect, test } from "vitest";
import type { RaftEvent } from "../core/event.ts";
import { decodeOffer } from "../wire/snapshot-codec.ts";
import { SnapshotSender } from "./snapshot-sender.ts";

const FOLLOWER = 2;
const action = { kind: "set", key: "a", value: new Uint8Array(1) } as const;
const entry: LogEntry = {
  term: 1,
  index: 1,
  payload: { kind: "command", command: encodeLogCommand({ logTimeMs: 0, action }) },
};

/** A sender whose snapshots are taken when the test says so, and whose streams are refused. */
async function createSender() {
  const clock = createVirtualClock();
  const machine = createMemoryStateMachine();
  await machine.apply([entry]);
  const taken = Promise.withResolvers<void>();
  const takeSnapshot = machine.takeSnapshot.bind(machine);
  machine.takeSnapshot = () => taken.promise.then(takeSnapshot);
  const network = createMemoryNetwork({ clock, random: createSeededRandom(1) });
  const transport = network.createTransport("leader", { gate: { mayConnect: () => true, mayUse: () => true } });
  const offeredTerms: number[] = [];
  transport.openStream = (_peerId, _protocol, header) => {
    offeredTerms.push(decodeOffer(header).term);
    return Promise.reject(new AspenError("unavailable", "nobody is there"));
  };
  const events: RaftEvent[] = [];
  const sender = new SnapshotSender({
    stateMachine: machine,
    transport,
    protocol: "/test/snapshot/1",
    clock,
    logger: SILENT_LOGGER,
    peerIdOf: () => "follower",
    purgedIndex: () => 1,
    onEvent: (event) => events.push(event),
  });
  /** The end of a transfer is told after a while of virtual time; hashing takes turns of the real event loop. */
  const ending = async (): Promise<void> => {
    for (let turn = 0; turn < 10_000 && !events.some(({ kind }) => kind === "snapshotSent"); turn += 1) {
      await clock.advance(10);
    }
  };
  return { sender, events, offeredTerms, taken, ending };
}

test("a transfer of an earlier leadership that still holds the disk does not swallow the one of this leadership", async () => {
  const { sender, events, offeredTerms, taken, ending } = await createSender();
  sender.send(FOLLOWER, 1);
  sender.abortAll();
  sender.send(FOLLOWER, 3);
  taken.resolve();
  await ending();
  expect(offeredTerms).toEqual([3]);
  expect(events).toEqual([
    { kind: "snapshotSending", to: FOLLOWER, lastIncluded: { term: 1, index: 1 } },
    { kind: "snapshotSent", to: FOLLOWER, matched: undefined },
  ]);
});

test("one transfer at a time goes to a follower", async () => {
  const { sender, offeredTerms, taken, ending } = await createSender();
  sender.send(FOLLOWER, 1);
  sender.send(FOLLOWER, 1);
  taken.resolve();
  await ending();
  expect(offeredTerms).toEqual([1]);
});
