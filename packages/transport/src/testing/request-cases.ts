import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { AspenError, type IncomingRequest } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import {
  ECHO,
  PROMPT,
  createSignal,
  elapsed,
  eventually,
  patternedBytes,
  withPair,
  type TransportHarness,
} from "./transport-harness.ts";

const MIB = 1_048_576;

const echo = { onRequest: (request: IncomingRequest) => Promise.resolve(request.body) };
/** Answers to nothing, and says when its caller gave up. */
const silent = (onGivenUp: (request: IncomingRequest) => void) => ({
  onRequest: (request: IncomingRequest) =>
    new Promise<Uint8Array>(() => {
      request.signal.addEventListener("abort", () => onGivenUp(request));
    }),
});

const failsWith = (code: string) => (error: unknown) => error instanceof AspenError && error.code === code;

export const requestCases: readonly AcceptanceCase<TransportHarness>[] = [
  {
    name: "a request is answered by its handler, in both directions",
    run: (harness) =>
      withPair(
        harness,
        { serverHandlers: { [ECHO]: echo }, clientHandlers: { [ECHO]: echo } },
        async ({ client, server, serverId, clientId }) => {
          const there = await client.request(serverId, ECHO, patternedBytes(300), PROMPT);
          deepStrictEqual([...there], [...patternedBytes(300)]);
          const back = await server.request(clientId, ECHO, patternedBytes(301, 2), PROMPT);
          deepStrictEqual([...back], [...patternedBytes(301, 2)]);
        },
      ),
  },
  {
    name: "the handler learns from the transport who asks",
    run: (harness) => {
      const asker = {
        onRequest: (request: IncomingRequest) => Promise.resolve(new TextEncoder().encode(request.peerId)),
      };
      return withPair(harness, { serverHandlers: { [ECHO]: asker } }, async ({ client, serverId, clientId }) => {
        const answer = await client.request(serverId, ECHO, new Uint8Array(0), PROMPT);
        strictEqual(new TextDecoder().decode(answer), clientId);
      });
    },
  },
  {
    name: "a handler's error arrives with its code, its retryability, its text and its details (R4)",
    run: (harness) => {
      const details = { size: 2_048, key: "k", isFinal: true, ratio: 1.5, ["__proto__"]: "x" };
      const error = new AspenError("not_leader", "ask another", { retryable: false, details });
      return withPair(
        harness,
        { serverHandlers: { [ECHO]: { onRequest: () => Promise.reject(error) } } },
        async ({ client, serverId }) => {
          const caught = await client
            .request(serverId, ECHO, new Uint8Array(1), PROMPT)
            .catch((reason: unknown) => reason);
          ok(caught instanceof AspenError);
          strictEqual(caught.code, "not_leader");
          strictEqual(caught.retryable, false);
          strictEqual(caught.message, "ask another");
          deepStrictEqual(Object.entries(caught.details), Object.entries({ ...details, ratio: "1.5" }));
        },
      );
    },
  },
  {
    name: "a handler that throws what is not ours answers `internal` and tells nothing (R4)",
    run: (harness) => {
      const lines: string[] = [];
      const logger = { log: (_level: string, message: string) => void lines.push(message), child: () => logger };
      const handlers = {
        [ECHO]: { onRequest: () => Promise.reject(new Error("secret path /etc")) },
        "/test/throws/1": {
          onRequest: () => {
            throw new Error("secret path /etc");
          },
        },
      };
      return withPair(harness, { serverHandlers: handlers, server: { logger } }, async ({ client, serverId }) => {
        for (const protocol of Object.keys(handlers)) {
          const caught = await client.request(serverId, protocol, new Uint8Array(1), PROMPT).catch((e: unknown) => e);
          ok(caught instanceof AspenError);
          strictEqual(caught.code, "internal");
          ok(!caught.message.includes("secret"));
        }
        strictEqual(lines.filter((line) => line === "a handler failed").length, 2);
      });
    },
  },
  {
    name: "a request without an answer ends with `timeout` at its deadline, and its handler's signal aborts",
    run: (harness) => {
      const givenUp = createSignal();
      return withPair(harness, { serverHandlers: { [ECHO]: silent(givenUp.fire) } }, async ({ client, serverId }) => {
        const startMs = harness.clock.nowMs();
        await rejects(client.request(serverId, ECHO, new Uint8Array(1), { deadlineMs: 150 }), failsWith("timeout"));
        ok(harness.clock.nowMs() - startMs >= 145);
        await givenUp.promise;
        strictEqual(client.sessionLoad(serverId)?.outgoingRequests, 0);
      });
    },
  },
  {
    name: "a caller that gives up is answered at once, and its handler's signal aborts (C3)",
    run: (harness) => {
      const givenUp = createSignal();
      return withPair(harness, { serverHandlers: { [ECHO]: silent(givenUp.fire) } }, async ({ client, serverId }) => {
        const controller = new AbortController();
        const answer = client.request(serverId, ECHO, new Uint8Array(1), { ...PROMPT, signal: controller.signal });
        harness.clock.setTimer(20, () => controller.abort(new AspenError("shutting_down", "enough")));
        await rejects(answer, failsWith("shutting_down"));
        await givenUp.promise;
        await rejects(
          client.request(serverId, ECHO, new Uint8Array(1), { ...PROMPT, signal: controller.signal }),
          failsWith("shutting_down"),
        );
      });
    },
  },
  {
    name: "bodies of every size arrive whole, up to the limit",
    run: (harness) =>
      withPair(harness, { serverHandlers: { [ECHO]: echo } }, async ({ client, serverId }) => {
        for (const byteLength of [0, 1, 65_535, 65_536, 65_537, 131_072, MIB + 1, 10 * MIB]) {
          const body = patternedBytes(byteLength, byteLength);
          const answer = await client.request(serverId, ECHO, body, PROMPT);
          strictEqual(Buffer.compare(answer, body), 0, `${byteLength} bytes`);
        }
        const tooLarge = client.request(serverId, ECHO, new Uint8Array(10 * MIB + 1), PROMPT);
        await rejects(tooLarge, failsWith("invalid_request"));
        const load = client.sessionLoad(serverId);
        deepStrictEqual([load?.queuedBytes, load?.incomingBytes, load?.outgoingRequests], [0, 0, 0]);
      }),
  },
  {
    name: "a response beyond the limit becomes an error, not a broken connection",
    run: (harness) => {
      const huge = { onRequest: () => Promise.resolve(new Uint8Array(10 * MIB + 1)) };
      return withPair(
        harness,
        { serverHandlers: { [ECHO]: echo, "/test/huge/1": huge } },
        async ({ client, serverId }) => {
          await rejects(
            client.request(serverId, "/test/huge/1", new Uint8Array(1), PROMPT),
            failsWith("invalid_request"),
          );
          strictEqual((await client.request(serverId, ECHO, new Uint8Array(3), PROMPT)).byteLength, 3);
        },
      );
    },
  },
  {
    name: "a thousand concurrent requests each get their own answer",
    run: (harness) =>
      withPair(harness, { serverHandlers: { [ECHO]: echo } }, async ({ client, serverId }) => {
        const bodies = Array.from({ length: 1_000 }, (_, index) => patternedBytes(300, index));
        const answers = await Promise.all(bodies.map((body) => client.request(serverId, ECHO, body, PROMPT)));
        answers.forEach((answer, index) => strictEqual(Buffer.compare(answer, bodies[index] ?? answer), 0));
      }),
  },
  {
    name: "a small request does not wait for a big one in front of it",
    run: (harness) =>
      withPair(harness, { serverHandlers: { [ECHO]: echo } }, async ({ client, serverId }) => {
        const finished: string[] = [];
        const big = client.request(serverId, ECHO, new Uint8Array(10 * MIB), PROMPT).then(() => finished.push("big"));
        const small = client.request(serverId, ECHO, new Uint8Array(10), PROMPT).then(() => finished.push("small"));
        await Promise.all([big, small]);
        deepStrictEqual(finished, ["small", "big"]);
      }),
  },
  {
    name: "a protocol, or a kind of use, that nothing answers to is `unsupported`",
    run: (harness) =>
      withPair(
        harness,
        { serverHandlers: { [ECHO]: echo, "/test/messages/1": { onMessage: () => {} } } },
        async ({ client, serverId }) => {
          for (const protocol of ["/test/nothing/1", "/test/messages/1"]) {
            await rejects(client.request(serverId, protocol, new Uint8Array(1), PROMPT), failsWith("unsupported"));
          }
          await rejects(client.openStream(serverId, ECHO, new Uint8Array(1), PROMPT), failsWith("unsupported"));
          strictEqual(client.send(serverId, ECHO, new Uint8Array(1)), "queued");
          strictEqual((await client.request(serverId, ECHO, new Uint8Array(3), PROMPT)).byteLength, 3);
        },
      ),
  },
  {
    name: "requests beyond what a peer may have under way are refused with `resource_exhausted`, and only those (R2)",
    run: (harness) => {
      const release = createSignal();
      const slow = { onRequest: (request: IncomingRequest) => release.promise.then(() => request.body) };
      return withPair(
        harness,
        { serverHandlers: { [ECHO]: slow }, server: { limits: { incomingRequestsMax: 5 } } },
        async ({ client, serverId }) => {
          const answers = Array.from({ length: 8 }, () => client.request(serverId, ECHO, new Uint8Array(1), PROMPT));
          const refused = await Promise.all(answers.slice(5).map((answer) => answer.catch((error: unknown) => error)));
          ok(refused.every(failsWith("resource_exhausted")));
          release.fire();
          await Promise.all(answers.slice(0, 5));
          await client.request(serverId, ECHO, new Uint8Array(1), PROMPT);
        },
      );
    },
  },
  {
    name: "bodies beyond what a peer may have in work are refused with `resource_exhausted` (R3)",
    run: (harness) => {
      const release = createSignal();
      const slow = { onRequest: (request: IncomingRequest) => release.promise.then(() => request.body) };
      const limits = { incomingBytesMax: 3 * MIB, bodyBytesMax: 2 * MIB };
      return withPair(
        harness,
        { serverHandlers: { [ECHO]: slow }, server: { limits } },
        async ({ client, server, serverId, clientId }) => {
          const first = client.request(serverId, ECHO, new Uint8Array(2 * MIB), PROMPT);
          await eventually(harness.clock, () => (server.sessionLoad(clientId)?.incomingBytes ?? 0) === 2 * MIB);
          const second = client.request(serverId, ECHO, new Uint8Array(2 * MIB), PROMPT);
          await rejects(second, failsWith("resource_exhausted"));
          release.fire();
          strictEqual((await first).byteLength, 2 * MIB);
          strictEqual(server.sessionLoad(clientId)?.incomingBytes, 0);
        },
      );
    },
  },
  {
    name: "what does not fit the queue is refused at once with `resource_exhausted`, and the rest arrives",
    run: (harness) =>
      withPair(harness, { serverHandlers: { [ECHO]: echo } }, async ({ client, serverId }) => {
        const sizes = [10 * MIB, 10 * MIB, 4 * MIB];
        const answers = sizes.map((byteLength) => client.request(serverId, ECHO, new Uint8Array(byteLength), PROMPT));
        const outcomes = Promise.allSettled(answers);
        strictEqual(client.send(serverId, ECHO, new Uint8Array(3 * MIB)), "overloaded");
        const [first, second, third] = await outcomes;
        deepStrictEqual([first?.status, third?.status], ["fulfilled", "fulfilled"]);
        ok(second?.status === "rejected" && failsWith("resource_exhausted")(second.reason));
      }),
  },
  {
    name: "a peer without a session is `unavailable`",
    run: async (harness) => {
      const lonely = await harness.create("lonely");
      await lonely.start();
      try {
        await rejects(lonely.request("nobody", ECHO, new Uint8Array(1), PROMPT), failsWith("unavailable"));
        await rejects(lonely.openStream("nobody", ECHO, new Uint8Array(1), PROMPT), failsWith("unavailable"));
        strictEqual(lonely.send("nobody", ECHO, new Uint8Array(1)), "not_connected");
      } finally {
        await lonely.stop();
      }
      await elapsed(harness.clock, 1);
    },
  },
];
