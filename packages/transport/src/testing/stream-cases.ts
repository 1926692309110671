import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { AspenError, type TransportStream } from "@aspenjs/api";
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
const CHUNK_BYTES = 65_536;
const WINDOW_BYTES = MIB + 1_024;

const failsWith = (code: string) => (error: unknown) => error instanceof AspenError && error.code === code;

async function readAll(stream: TransportStream): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** Sends back every chunk, then ends. */
const mirror = {
  onStream: async (stream: TransportStream) => {
    for await (const chunk of stream) await stream.write(chunk);
    await stream.end();
  },
};

export const streamCases: readonly AcceptanceCase<TransportHarness>[] = [
  {
    name: "a stream carries its header and its chunks in order, in both directions, and ends (S3)",
    run: (harness) => {
      const headers: number[] = [];
      const onStream = (stream: TransportStream): Promise<void> => {
        headers.push(...stream.header);
        return mirror.onStream(stream);
      };
      return withPair(harness, { serverHandlers: { [ECHO]: { onStream } } }, async ({ client, server, ...ids }) => {
        const stream = await client.openStream(ids.serverId, ECHO, new Uint8Array([7, 8]), PROMPT);
        const reading = readAll(stream);
        const sizes = [1, 0, CHUNK_BYTES, CHUNK_BYTES + 1, MIB, 5];
        for (const byteLength of sizes) await stream.write(patternedBytes(byteLength, byteLength));
        await stream.end();
        const chunks = await reading;
        deepStrictEqual(headers, [7, 8]);
        deepStrictEqual(
          chunks.map((chunk) => chunk.byteLength),
          sizes,
        );
        for (const chunk of chunks) {
          strictEqual(Buffer.compare(chunk, patternedBytes(chunk.byteLength, chunk.byteLength)), 0);
        }
        await eventually(harness.clock, () => server.sessionLoad(ids.clientId)?.streams === 0);
        strictEqual(client.sessionLoad(ids.serverId)?.streams, 0);
      });
    },
  },
  {
    name: "a slow reader of 20 MiB keeps what both sides hold within the window (S1)",
    run: (harness) => {
      let receivedBytes = 0;
      const filled = createSignal();
      const done = createSignal();
      const onStream = async (stream: TransportStream): Promise<void> => {
        await filled.promise;
        for await (const chunk of stream) {
          receivedBytes += chunk.byteLength;
          await elapsed(harness.clock, 1);
        }
        done.fire();
      };
      return withPair(harness, { serverHandlers: { [ECHO]: { onStream } } }, async ({ client, server, ...ids }) => {
        const stream = await client.openStream(ids.serverId, ECHO, new Uint8Array(0), PROMPT);
        let queuedBytesMax = 0;
        let heldBytesMax = 0;
        const heldBytes = (): number => server.sessionLoad(ids.clientId)?.streamBytes ?? 0;
        const writing = async (): Promise<void> => {
          for (let index = 0; index < 320; index += 1) {
            await stream.write(patternedBytes(CHUNK_BYTES, index));
            queuedBytesMax = Math.max(queuedBytesMax, client.sessionLoad(ids.serverId)?.queuedBytes ?? 0);
            heldBytesMax = Math.max(heldBytesMax, heldBytes());
          }
          await stream.end();
        };
        // The reader begins when the window is nearly full: that it is the slower side is no matter of speed.
        const filling = eventually(harness.clock, () => heldBytes() >= WINDOW_BYTES - 2 * CHUNK_BYTES).then(
          filled.fire,
        );
        await Promise.all([filling, writing(), done.promise]);
        strictEqual(receivedBytes, 20 * MIB);
        ok(queuedBytesMax <= WINDOW_BYTES + CHUNK_BYTES, `${queuedBytesMax} bytes queued`);
        ok(heldBytesMax <= WINDOW_BYTES, `${heldBytesMax} bytes held`);
        ok(heldBytesMax >= WINDOW_BYTES / 2, "the window was nearly full");
      });
    },
  },
  {
    name: "a reader that does not read stops the writer after one window, and nothing else of the session (S2)",
    run: (harness) => {
      const release = createSignal();
      const onStream = async (stream: TransportStream): Promise<void> => {
        await release.promise;
        await readAll(stream);
      };
      const handlers = { onStream, onRequest: () => Promise.resolve(new Uint8Array(1)) };
      return withPair(harness, { serverHandlers: { [ECHO]: handlers } }, async ({ client, serverId }) => {
        const stream = await client.openStream(serverId, ECHO, new Uint8Array(0), PROMPT);
        let written = 0;
        const writing = (async () => {
          for (let index = 0; index < 40; index += 1) {
            await stream.write(new Uint8Array(CHUNK_BYTES));
            written += 1;
          }
        })();
        await client.request(serverId, ECHO, new Uint8Array(1), PROMPT);
        const windowChunks = Math.floor(WINDOW_BYTES / (CHUNK_BYTES + 64));
        await eventually(harness.clock, () => written >= windowChunks);
        await elapsed(harness.clock, 50);
        strictEqual(written, windowChunks);
        release.fire();
        await writing;
        await stream.end();
      });
    },
  },
  {
    name: "an abort by the opener ends the handler's reading and writing with its code (S7)",
    run: (harness) => {
      const outcome = Promise.withResolvers<unknown>();
      const onStream = async (stream: TransportStream): Promise<void> => {
        const reading = await readAll(stream).catch((error: unknown) => error);
        const writing = await stream.write(new Uint8Array(1)).catch((error: unknown) => error);
        outcome.resolve([reading, writing]);
      };
      return withPair(harness, { serverHandlers: { [ECHO]: { onStream } } }, async ({ client, server, ...ids }) => {
        const stream = await client.openStream(ids.serverId, ECHO, new Uint8Array(0), PROMPT);
        await stream.write(new Uint8Array(10));
        stream.abort(new AspenError("compacted", "start again"));
        await rejects(stream.write(new Uint8Array(1)), failsWith("compacted"));
        await rejects(readAll(stream), failsWith("compacted"));
        const errors = await outcome.promise;
        ok(Array.isArray(errors) && errors.every(failsWith("compacted")));
        await eventually(harness.clock, () => server.sessionLoad(ids.clientId)?.streams === 0);
      });
    },
  },
  {
    name: "an abort by the handler, and a handler that fails, end the opener's side with the code",
    run: (harness) => {
      const handlers = {
        "/test/abort/1": {
          onStream: (stream: TransportStream) => {
            stream.abort(new AspenError("lagged", "too slow"));
            return Promise.resolve();
          },
        },
        "/test/fail/1": { onStream: () => Promise.reject(new AspenError("lagged", "too slow")) },
      };
      return withPair(harness, { serverHandlers: handlers }, async ({ client, serverId }) => {
        for (const protocol of Object.keys(handlers)) {
          const stream = await client.openStream(serverId, protocol, new Uint8Array(0), PROMPT);
          await rejects(readAll(stream), failsWith("lagged"));
          await rejects(stream.write(new Uint8Array(1)), failsWith("lagged"));
        }
        strictEqual(client.sessionLoad(serverId)?.streams, 0);
      });
    },
  },
  {
    name: "a handler that returns early lets its opener finish",
    run: (harness) => {
      const onStream = (stream: TransportStream): Promise<void> => stream.write(new Uint8Array([9]));
      return withPair(harness, { serverHandlers: { [ECHO]: { onStream } } }, async ({ client, server, ...ids }) => {
        const stream = await client.openStream(ids.serverId, ECHO, new Uint8Array(0), PROMPT);
        for (let index = 0; index < 40; index += 1) await stream.write(new Uint8Array(CHUNK_BYTES));
        await stream.end();
        deepStrictEqual(
          (await readAll(stream)).map((chunk) => [...chunk]),
          [[9]],
        );
        await eventually(harness.clock, () => server.sessionLoad(ids.clientId)?.streams === 0);
      });
    },
  },
  {
    name: "leaving the loop early tells the writer that nobody reads",
    run: (harness) => {
      const outcome = Promise.withResolvers<unknown>();
      const onStream = async (stream: TransportStream): Promise<void> => {
        try {
          for (;;) await stream.write(new Uint8Array(CHUNK_BYTES));
        } catch (error) {
          outcome.resolve(error);
        }
      };
      return withPair(harness, { serverHandlers: { [ECHO]: { onStream } } }, async ({ client, serverId }) => {
        const stream = await client.openStream(serverId, ECHO, new Uint8Array(0), PROMPT);
        for await (const chunk of stream) {
          strictEqual(chunk.byteLength, CHUNK_BYTES);
          break;
        }
        ok(failsWith("unavailable")(await outcome.promise));
      });
    },
  },
  {
    name: "streams beyond the limit are refused with `resource_exhausted`, and an ended one makes room (S6)",
    run: (harness) =>
      withPair(
        harness,
        { serverHandlers: { [ECHO]: mirror }, server: { limits: { streamsMax: 2 } } },
        async ({ client, server, ...ids }) => {
          const open = () => client.openStream(ids.serverId, ECHO, new Uint8Array(0), PROMPT);
          const [first, second] = await Promise.all([open(), open()]);
          await rejects(open(), failsWith("resource_exhausted"));
          await first.end();
          await readAll(first);
          await eventually(harness.clock, () => server.sessionLoad(ids.clientId)?.streams === 1);
          const third = await open();
          for (const stream of [second, third]) {
            await stream.end();
            await readAll(stream);
          }
        },
      ),
  },
  {
    name: "twenty streams at once carry their own bytes",
    run: (harness) =>
      withPair(harness, { serverHandlers: { [ECHO]: mirror } }, async ({ client, serverId }) => {
        await Promise.all(
          Array.from({ length: 20 }, async (_, seed) => {
            const stream = await client.openStream(serverId, ECHO, new Uint8Array(0), PROMPT);
            const reading = readAll(stream);
            for (let index = 0; index < 20; index += 1) await stream.write(patternedBytes(10_000 + index, seed));
            await stream.end();
            const chunks = await reading;
            chunks.forEach((chunk, index) =>
              strictEqual(Buffer.compare(chunk, patternedBytes(10_000 + index, seed)), 0),
            );
            strictEqual(chunks.length, 20);
          }),
        );
      }),
  },
  {
    name: "a chunk's bytes are the writer's again as soon as `write` resolves",
    run: (harness) =>
      withPair(harness, { serverHandlers: { [ECHO]: mirror } }, async ({ client, serverId }) => {
        const stream = await client.openStream(serverId, ECHO, new Uint8Array(0), PROMPT);
        const reading = readAll(stream);
        // A `Buffer`, whose `slice` copies nothing.
        const buffer = Buffer.alloc(100_000);
        for (let seed = 0; seed < 20; seed += 1) {
          buffer.set(patternedBytes(buffer.byteLength, seed));
          await stream.write(buffer);
        }
        await stream.end();
        const chunks = await reading;
        strictEqual(chunks.length, 20);
        chunks.forEach((chunk, seed) => strictEqual(Buffer.compare(chunk, patternedBytes(100_000, seed)), 0));
      }),
  },
  {
    name: "a chunk beyond the limit and a write after the end are refused (S4)",
    run: (harness) =>
      withPair(harness, { serverHandlers: { [ECHO]: mirror } }, async ({ client, serverId }) => {
        const stream = await client.openStream(serverId, ECHO, new Uint8Array(0), PROMPT);
        await rejects(stream.write(new Uint8Array(MIB + 1)), failsWith("invalid_request"));
        await stream.end();
        await rejects(stream.write(new Uint8Array(1)), failsWith("unavailable"));
        await stream.end();
        deepStrictEqual(await readAll(stream), []);
      }),
  },
];
