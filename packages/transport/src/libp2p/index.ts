/**
 * The transport over libp2p: TCP, Noise, Yamux, and one long-lived stream per connection.
 * @packageDocumentation
 */
export { createLibp2pTransport } from "./create-libp2p-transport.ts";
export { createSystemClock } from "./system-clock.ts";
export { createSystemRandom } from "./system-random.ts";
export { generateIdentity, readIdentity } from "./identity.ts";
export { peerIdOfAddress } from "./address.ts";

export type { Identity } from "./identity.ts";
export type { Libp2pTransportOptions } from "./create-libp2p-transport.ts";
