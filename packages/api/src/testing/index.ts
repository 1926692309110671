/**
 * Acceptance suites for the two user-facing contracts, free of any test framework: what passes them, in memory or over
 * a network, can be used in place of any other.
 * @packageDocumentation
 */
export { clusterControllerCases } from "./cluster-controller-cases.ts";
export { failingCases } from "./failing-cases.ts";
export { keyValueStoreCases } from "./key-value-store-cases.ts";
export type { AcceptanceCase } from "./acceptance-case.ts";
export type { ClusterControllerSubject, NewCluster } from "./cluster-controller-subject.ts";
export type { FailingCase } from "./failing-cases.ts";
export type { KeyValueStoreSubject } from "./key-value-store-subject.ts";
