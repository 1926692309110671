import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { ECHO, PROMPT, eventually, patternedBytes, withPair, type TransportHarness } from "./transport-harness.ts";

const MIB = 1_048_576;

export const messageCases: readonly AcceptanceCase<TransportHarness>[] = [
  {
    name: "messages arrive in the order in which they were sent, big ones among small ones (M1)",
    run: (harness) => {
      const sizes = [10, 3 * MIB, 20, 70_000, 30, 65_536, 40];
      const received: number[] = [];
      return withPair(
        harness,
        { serverHandlers: { [ECHO]: { onMessage: (_peerId, body) => void received.push(body.byteLength) } } },
        async ({ client, serverId }) => {
          for (const byteLength of sizes) {
            strictEqual(client.send(serverId, ECHO, patternedBytes(byteLength)), "queued");
          }
          await eventually(harness.clock, () => received.length === sizes.length);
          deepStrictEqual(received, sizes);
        },
      );
    },
  },
  {
    name: "a message's bytes are the sender's again as soon as `send` returns",
    run: (harness) => {
      const received: Uint8Array[] = [];
      return withPair(
        harness,
        { serverHandlers: { [ECHO]: { onMessage: (_peerId, body) => void received.push(body) } } },
        async ({ client, serverId }) => {
          for (const body of [patternedBytes(100), patternedBytes(200_000), Buffer.from(patternedBytes(200_000))]) {
            client.send(serverId, ECHO, body);
            body.fill(0);
          }
          await eventually(harness.clock, () => received.length === 3);
          for (const body of received) strictEqual(Buffer.compare(body, patternedBytes(body.byteLength)), 0);
        },
      );
    },
  },
  {
    name: "a burst beyond the queue is answered with `overloaded`, and what was queued arrives",
    run: (harness) => {
      let received = 0;
      return withPair(
        harness,
        { serverHandlers: { [ECHO]: { onMessage: () => void (received += 1) } } },
        async ({ client, serverId }) => {
          const outcomes = Array.from({ length: 400 }, () => client.send(serverId, ECHO, new Uint8Array(65_536)));
          const queued = outcomes.filter((outcome) => outcome === "queued").length;
          ok(queued >= 200 && queued <= 256, `${queued} queued`);
          strictEqual(outcomes.at(-1), "overloaded");
          ok((client.sessionLoad(serverId)?.queuedBytes ?? 0) <= 16 * MIB + 65_536);
          await eventually(harness.clock, () => received === queued);
          strictEqual(client.send(serverId, ECHO, new Uint8Array(1)), "queued");
        },
      );
    },
  },
  {
    name: "a message handler that throws ends neither the session nor the node",
    run: (harness) => {
      let received = 0;
      const onMessage = (): void => {
        received += 1;
        throw new Error("a bug");
      };
      return withPair(
        harness,
        {
          serverHandlers: {
            [ECHO]: { onMessage, onRequest: (request) => Promise.resolve(request.body) },
          },
        },
        async ({ client, serverId }) => {
          client.send(serverId, ECHO, new Uint8Array(1));
          client.send(serverId, ECHO, new Uint8Array(1));
          await client.request(serverId, ECHO, new Uint8Array(1), PROMPT);
          strictEqual(received, 2);
        },
      );
    },
  },
];
