/**
 * Acceptance suite for implementations of `LogStore`, framework-free, and the crash suite for durable ones.
 * @packageDocumentation
 */
export { formatMessage } from "./crash-protocol.ts";
export { runLogStoreCrashes } from "./crash-run.ts";
export { runCrashWriter } from "./crash-writer.ts";
export { logStoreCases } from "./log-store-cases.ts";
export { nextOperation, perform, readWholeLog } from "./log-workload.ts";
export { ModelLog } from "./model-log.ts";
export { SeededRandom } from "./seeded-random.ts";

export type { WriterMessage } from "./crash-protocol.ts";
export type { CrashReport, CrashRunOptions } from "./crash-run.ts";
export type { CrashWriterOptions } from "./crash-writer.ts";
export type { LogOperation } from "./model-log.ts";
export type { LogStoreSubject } from "./log-store-subject.ts";
