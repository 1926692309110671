/**
 * A process of its own for the tests: `serve` answers until it is killed; `hold` connects and stays; `once` connects,
 * asks, stops, and must then exit by itself.
 */
import type { IncomingRequest } from "@aspenjs/api";
import { createLibp2pTransport } from "../../src/libp2p/create-libp2p-transport.ts";

const ECHO = "/test/echo/1";
const gate = { mayConnect: () => true, mayUse: () => true };

const [mode, address = ""] = process.argv.slice(2);
const transport = await createLibp2pTransport({ listen: ["/ip4/127.0.0.1/tcp/0"], gate });
transport.handle(ECHO, {
  onRequest: ({ body }: IncomingRequest) => (body.byteLength > 0 ? Promise.resolve(body) : new Promise(() => {})),
  onMessage: () => {},
});
await transport.start();
if (mode === "serve") {
  console.log(transport.addresses[0]);
} else if (mode === "hold") {
  await transport.connect(address, { deadlineMs: 60_000 });
} else {
  const peerId = await transport.connect(address, { deadlineMs: 60_000 });
  transport.setDesiredPeers([{ peerId, addresses: [address] }]);
  await transport.request(peerId, ECHO, new Uint8Array(3), { deadlineMs: 60_000 });
  await transport.openStream(peerId, ECHO, new Uint8Array(0), { deadlineMs: 60_000 }).catch(() => {});
  await transport.stop();
  console.log("stopped");
}
