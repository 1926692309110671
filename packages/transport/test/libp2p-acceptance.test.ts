import { describe, test } from "vitest";
import { createLibp2pTransport } from "../src/libp2p/create-libp2p-transport.ts";
import { generateIdentity, type Identity } from "../src/libp2p/identity.ts";
import { createSystemClock } from "../src/libp2p/system-clock.ts";
import { transportCases } from "../src/testing/transport-cases.ts";
import { OPEN_GATE, type TransportHarness } from "../src/testing/transport-harness.ts";
import type { Endpoint } from "../src/endpoint.ts";

/** Listens on the port that the same name had before, so that a restart is one. */
async function createHarness(): Promise<TransportHarness> {
  const identities = new Map<string, Identity>();
  const endpoints = new Map<string, Endpoint>();
  const listenOf = (name: string): string => {
    const port = endpoints.get(name)?.addresses[0]?.split("/")[4];
    return `/ip4/127.0.0.1/tcp/${port ?? 0}`;
  };
  const lastListen = new Map<string, string>();
  return {
    clock: createSystemClock(),
    create: async (name, options = {}) => {
      const identity = identities.get(name) ?? (await generateIdentity());
      identities.set(name, identity);
      const listen = [lastListen.get(name) ?? listenOf(name)];
      const { privateKey } = identity;
      const endpoint = await createLibp2pTransport({ privateKey, listen, gate: OPEN_GATE, ...options });
      endpoints.set(name, endpoint);
      return endpoint;
    },
    // Within one process a stop comes nearest; a real kill is tried in libp2p-process.test.ts.
    crash: async (endpoint) => {
      for (const [name, known] of endpoints) if (known === endpoint) lastListen.set(name, listenOf(name));
      await endpoint.stop();
    },
  };
}

describe("the libp2p transport", () => {
  for (const { name, run } of transportCases) {
    test(name, { timeout: 120_000 }, async () => {
      await run(await createHarness());
    });
  }
});
