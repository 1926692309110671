/**
 * Other ways to see any `KeyValueStore`: the part of it with one prefix, its values as a program's own types, a scan of
 * all its pages. They hold no state, and need neither a cluster nor a client.
 * @packageDocumentation
 */
export { bytes } from "./bytes-codec.ts";
export { json } from "./json-codec.ts";
export { createNamespace } from "./key-namespace.ts";
export { listNamespaces } from "./namespace-list.ts";
export { namespacePrefix } from "./namespace-name.ts";
export { scanAll, scanPages } from "./scan-pages.ts";
export { text } from "./text-codec.ts";
export { withCodec } from "./typed-store.ts";

export type { Codec } from "./codec.ts";
export type { JsonValue } from "./json-codec.ts";
export type { Namespace } from "./key-namespace.ts";
export type { ListNamespacesRequest, NamespaceSummary } from "./namespace-list.ts";
export type { ScanAllRequest } from "./scan-pages.ts";
export type { StandardSchema, StandardSchemaOutput } from "./standard-schema.ts";
export type {
  TypedCompareResult,
  TypedDeleteResult,
  TypedEntry,
  TypedExpected,
  TypedGetMultiResult,
  TypedGetResult,
  TypedKeyChange,
  TypedPair,
  TypedPutRequest,
  TypedPutResult,
  TypedScanAllRequest,
  TypedScanRequest,
  TypedScanResult,
  TypedStore,
  TypedWatch,
  TypedWatchBatch,
} from "./typed-store.ts";
export type { WatchView } from "./watch-view.ts";
