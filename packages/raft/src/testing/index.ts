/**
 * Scenarios as text over cores, disks and messages that move only when told to: how this package tests itself, and how
 * another one can drive the core step by step.
 */
export { replay } from "./scenario.ts";
export { nodeRecord, ScenarioCluster } from "./scenario-cluster.ts";
export { ScenarioDisk } from "./scenario-disk.ts";
export { effectText, entryText, logIdText, membershipText, messageText, viewText } from "./scenario-text.ts";
export type { EffectObserver, Envelope, ScenarioNode } from "./scenario-cluster.ts";
