/**
 * Framed requests, messages and streams between peers, bounded everywhere. This entry has the session machine and the
 * endpoint that every backend shares; `./libp2p` and `./memory` bring the links.
 * @packageDocumentation
 */
export { Endpoint } from "./endpoint.ts";
export { limits } from "./limits.ts";

export type { EndpointOptions } from "./endpoint.ts";
export type { LinkReceiver, SessionLink } from "./session-link.ts";
export type { SessionBackend } from "./session-backend.ts";
export type { SessionLoad } from "./session-traffic.ts";
export type { TransportLimits } from "./limits.ts";
