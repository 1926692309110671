/**
 * A ticket becomes a key-value store and a cluster controller, over any transport.
 * @packageDocumentation
 */
export { connectClient } from "./connect-client.ts";
export { limits } from "./limits.ts";
export { bytes, json, listNamespaces, namespacePrefix, scanPages, text, withCodec } from "@aspenjs/api/views";

export type { Codec, JsonValue, Namespace, StandardSchema, TypedEntry, TypedStore } from "@aspenjs/api/views";
export type { AspenClient } from "./aspen-client.ts";
export type { ConnectClientOptions } from "./connect-client.ts";
export type { IssueTicketOptions } from "./request-gate.ts";
