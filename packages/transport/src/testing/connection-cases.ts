import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { AspenError, type IncomingRequest, type PeerEvent, type PeerGate } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import type { Endpoint } from "../endpoint.ts";
import { limits } from "../limits.ts";
import {
  ECHO,
  PROMPT,
  addressOf,
  createSignal,
  elapsed,
  eventually,
  withPair,
  type HarnessEndpointOptions,
  type TransportHarness,
} from "./transport-harness.ts";

const echo = { onRequest: (request: IncomingRequest) => Promise.resolve(request.body) };
const silent = { onRequest: () => new Promise<Uint8Array>(() => {}) };

const failsWith =
  (...codes: string[]) =>
  (error: unknown) =>
    error instanceof AspenError && codes.includes(error.code);

async function startEcho(harness: TransportHarness, name: string, options?: HarnessEndpointOptions): Promise<Endpoint> {
  const endpoint = await harness.create(name, options);
  endpoint.handle(ECHO, echo);
  await endpoint.start();
  return endpoint;
}

const isConnected = (endpoint: Endpoint, peer: Endpoint): boolean => endpoint.connectedPeers.includes(peer.localPeerId);

export const connectionCases: readonly AcceptanceCase<TransportHarness>[] = [
  {
    name: "connect says who answered, and uses an open connection again",
    run: (harness) =>
      withPair(harness, {}, async ({ client, server, serverId, clientId }) => {
        const events: PeerEvent[] = [];
        client.onPeerEvent((event) => events.push(event));
        const again = await Promise.all([1, 2, 3].map(() => client.connect(addressOf(server), PROMPT)));
        deepStrictEqual(again, [serverId, serverId, serverId]);
        deepStrictEqual([client.connectedPeers, server.connectedPeers], [[serverId], [clientId]]);
        deepStrictEqual(events, []);
      }),
  },
  {
    name: "an address that is none, one's own address, and one where nobody answers are refused",
    run: async (harness) => {
      const endpoint = await startEcho(harness, "alone");
      const gone = await startEcho(harness, "gone");
      const goneAddress = addressOf(gone);
      await gone.stop();
      try {
        await rejects(endpoint.connect("not an address", PROMPT), failsWith("invalid_request"));
        await rejects(endpoint.connect(addressOf(endpoint), PROMPT), failsWith("invalid_request"));
        await rejects(endpoint.connect(goneAddress, PROMPT), failsWith("unavailable"));
      } finally {
        await endpoint.stop();
      }
    },
  },
  {
    name: "both sides hear of the connection and of its end",
    run: async (harness) => {
      const [left, right] = [await startEcho(harness, "left"), await startEcho(harness, "right")];
      const heard: string[] = [];
      left.onPeerEvent((event) => heard.push(`left ${event.kind} ${event.peerId === right.localPeerId}`));
      right.onPeerEvent((event) => heard.push(`right ${event.kind} ${event.peerId === left.localPeerId}`));
      try {
        await left.connect(addressOf(right), PROMPT);
        await eventually(harness.clock, () => heard.length === 2);
        await left.disconnect(right.localPeerId);
        await eventually(harness.clock, () => heard.length === 4);
        deepStrictEqual(heard.slice(0, 2).toSorted(), ["left connected true", "right connected true"]);
        deepStrictEqual(heard.slice(2).toSorted(), ["left disconnected true", "right disconnected true"]);
      } finally {
        await Promise.all([left.stop(), right.stop()]);
      }
    },
  },
  {
    name: "a peer that crashes rejects everything in flight with `unavailable`, long before any deadline (F3)",
    run: (harness) =>
      withPair(
        harness,
        { serverHandlers: { [ECHO]: { ...silent, onStream: () => new Promise(() => {}) } } },
        async (pair) => {
          const { client, server, serverId } = pair;
          const lost = createSignal();
          client.onPeerEvent((event) => event.kind === "disconnected" && lost.fire());
          const answers = [1, 2, 3].map(() =>
            client.request(serverId, ECHO, new Uint8Array(1), { deadlineMs: 60_000 }),
          );
          const stream = await client.openStream(serverId, ECHO, new Uint8Array(0), PROMPT);
          const read = stream[Symbol.asyncIterator]().next();
          const startMs = harness.clock.nowMs();
          const outcomes = Promise.allSettled([...answers, read]);
          await harness.crash(server);
          for (const outcome of await outcomes) {
            ok(outcome.status === "rejected" && failsWith("unavailable")(outcome.reason));
          }
          await lost.promise;
          // Before a sign of life would be asked for, and long before the deadlines: the break itself told.
          ok(harness.clock.nowMs() - startMs < limits.pingAfterMs);
          strictEqual(client.send(serverId, ECHO, new Uint8Array(1)), "not_connected");
        },
      ),
  },
  {
    name: "stopping under load ends what is under way: `shutting_down` here, `unavailable` there",
    run: (harness) =>
      withPair(harness, { serverHandlers: { [ECHO]: silent }, clientHandlers: { [ECHO]: silent } }, async (pair) => {
        const { client, server, serverId, clientId } = pair;
        const here = Array.from({ length: 100 }, () => client.request(serverId, ECHO, new Uint8Array(99_999), PROMPT));
        const there = Array.from({ length: 100 }, () => server.request(clientId, ECHO, new Uint8Array(300), PROMPT));
        const outcomes = Promise.all([Promise.allSettled(here), Promise.allSettled(there)]);
        await eventually(harness.clock, () => (server.sessionLoad(clientId)?.incomingRequests ?? 0) > 50);
        await client.stop();
        const [hereOutcomes, thereOutcomes] = await outcomes;
        ok(hereOutcomes.every((one) => one.status === "rejected" && failsWith("shutting_down")(one.reason)));
        ok(thereOutcomes.every((one) => one.status === "rejected" && failsWith("unavailable")(one.reason)));
        await rejects(client.request(serverId, ECHO, new Uint8Array(1), PROMPT), failsWith("shutting_down"));
        await rejects(client.connect(addressOf(server), PROMPT), failsWith("shutting_down"));
      }),
  },
  {
    name: "desired peers find each other, and again after a crash and a restart at the same address",
    run: async (harness) => {
      const left = await startEcho(harness, "left");
      let right = await startEcho(harness, "right");
      const addresses = [addressOf(right)];
      const desired = (endpoint: Endpoint) => [{ peerId: endpoint.localPeerId, addresses: [addressOf(endpoint)] }];
      try {
        left.setDesiredPeers([{ peerId: right.localPeerId, addresses }]);
        right.setDesiredPeers(desired(left));
        await eventually(harness.clock, () => isConnected(left, right) && isConnected(right, left));
        await harness.crash(right);
        await eventually(harness.clock, () => left.connectedPeers.length === 0);
        right = await startEcho(harness, "right");
        const startMs = harness.clock.nowMs();
        right.setDesiredPeers(desired(left));
        await eventually(harness.clock, () => isConnected(left, right) && isConnected(right, left));
        const firstDialMsMax = limits.dialHeadStartMs + limits.connectTimeoutMs;
        ok(harness.clock.nowMs() - startMs < firstDialMsMax, "a restarted peer is found by the first dial");
        await left.request(right.localPeerId, ECHO, new Uint8Array(1), PROMPT);
      } finally {
        await Promise.all([left.stop(), right.stop()]);
      }
    },
  },
  {
    name: "one side's desire is enough, whichever id is lower, and ends with the desire",
    run: async (harness) => {
      for (const [dialler, other] of [
        ["left", "right"],
        ["right", "left"],
      ] as const) {
        const from = await startEcho(harness, dialler);
        const to = await startEcho(harness, other);
        try {
          from.setDesiredPeers([{ peerId: to.localPeerId, addresses: [addressOf(to)] }]);
          await eventually(harness.clock, () => isConnected(from, to) && isConnected(to, from));
          from.setDesiredPeers([]);
          await to.disconnect(from.localPeerId);
          await eventually(harness.clock, () => !isConnected(from, to));
          await elapsed(harness.clock, 1_500);
          ok(!isConnected(from, to), "nobody dials a peer that is not desired any more");
        } finally {
          await Promise.all([from.stop(), to.stop()]);
        }
      }
    },
  },
  {
    name: "dials that cross settle on one session that both sides use",
    run: async (harness) => {
      for (let round = 0; round < 5; round += 1) {
        const left = await startEcho(harness, "left");
        const right = await startEcho(harness, "right");
        try {
          const answered = await Promise.all([
            left.connect(addressOf(right), PROMPT),
            right.connect(addressOf(left), PROMPT),
          ]);
          deepStrictEqual(answered, [right.localPeerId, left.localPeerId]);
          await elapsed(harness.clock, 50);
          const answers = await Promise.all([
            left.request(right.localPeerId, ECHO, new Uint8Array(5), PROMPT),
            right.request(left.localPeerId, ECHO, new Uint8Array(6), PROMPT),
          ]);
          deepStrictEqual(
            answers.map((answer) => answer.byteLength),
            [5, 6],
          );
        } finally {
          await Promise.all([left.stop(), right.stop()]);
        }
      }
    },
  },
  {
    name: "a peer that the gate does not let in is refused, whoever dials",
    run: async (harness) => {
      const closedGate: PeerGate = { mayConnect: () => false, mayUse: () => true };
      const closed = await startEcho(harness, "closed", { gate: closedGate });
      const open = await startEcho(harness, "open");
      try {
        await rejects(closed.connect(addressOf(open), PROMPT), failsWith("forbidden"));
        await rejects(open.connect(addressOf(closed), PROMPT), failsWith("forbidden", "unavailable"));
        await eventually(harness.clock, () => open.connectedPeers.length === 0 && closed.connectedPeers.length === 0);
      } finally {
        await Promise.all([closed.stop(), open.stop()]);
      }
    },
  },
  {
    name: "what a peer may use is asked at every frame: a change of membership takes effect at once",
    run: (harness) => {
      let isMember = true;
      let messages = 0;
      const gate: PeerGate = { mayConnect: () => true, mayUse: () => isMember };
      const streamEnd = Promise.withResolvers<unknown>();
      const handlers = {
        ...echo,
        onMessage: () => void (messages += 1),
        onStream: async (stream: AsyncIterable<Uint8Array>) => {
          try {
            for await (const chunk of stream) ok(chunk.byteLength > 0);
          } catch (error) {
            streamEnd.resolve(error);
          }
        },
      };
      return withPair(
        harness,
        { serverHandlers: { [ECHO]: handlers }, server: { gate } },
        async ({ client, serverId }) => {
          const stream = await client.openStream(serverId, ECHO, new Uint8Array(0), PROMPT);
          await stream.write(new Uint8Array(1));
          client.send(serverId, ECHO, new Uint8Array(1));
          await client.request(serverId, ECHO, new Uint8Array(1), PROMPT);
          isMember = false;
          client.send(serverId, ECHO, new Uint8Array(1));
          const refusal = await client
            .request(serverId, ECHO, new Uint8Array(1), PROMPT)
            .catch((error: unknown) => error);
          ok(refusal instanceof AspenError);
          deepStrictEqual([refusal.code, refusal.message, { ...refusal.details }], ["forbidden", "forbidden", {}]);
          await rejects(client.openStream(serverId, ECHO, new Uint8Array(0), PROMPT), failsWith("forbidden"));
          const unknown = client.request(serverId, "/test/nothing/1", new Uint8Array(1), PROMPT);
          await rejects(unknown, failsWith("forbidden"), "a stranger does not learn which protocols there are");
          await stream.write(new Uint8Array(1));
          ok(failsWith("forbidden")(await streamEnd.promise));
          strictEqual(messages, 1);
        },
      );
    },
  },
];
