import { AspenError } from "@aspenjs/api";
import { NODE_CONFIG_DEFAULTS, type NodeConfig } from "@aspenjs/cluster";
import { stateMachineLimits } from "@aspenjs/state-machine";
import { faultNamed } from "../faults/fault-catalogue.ts";
import type { PlannedFault } from "../faults/fault-plan.ts";
import type { RunChoices, RunOptions } from "./run-options.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The name by which the fault points in the code are chosen, as if they were one fault. */
export const FAULT_POINTS = "fault-points";

/** Of the first membership. */
const NODES_MAX = 9;
const CLIENTS_MAX = 1_000;
const CHAOS_MS_MAX = 1_000_000;
/** Faults begin a while after the run does. */
const FAULT_MS_MAX = 2 * CHAOS_MS_MAX;
const COUNT_MAX = 1_000_000;
const US_MAX = 1_000_000_000;
const SEED_MAX = 2 ** 32 - 1;
const PLAN_MAX = 10_000;

/** What somebody has chosen of a run that is to be drawn. @throws AspenError `invalid_request`, naming the field */
export function assertRunChoices(seed: number, { nodeCount, clientCount, chaosMs, faults = [] }: RunChoices): void {
  whole({ seed }, "seed", 0, SEED_MAX);
  if (nodeCount !== undefined) whole({ nodeCount }, "nodeCount", 1, NODES_MAX);
  if (clientCount !== undefined) whole({ clientCount }, "clientCount", 0, CLIENTS_MAX);
  if (chaosMs !== undefined) whole({ chaosMs }, "chaosMs", 0, CHAOS_MS_MAX);
  for (const name of faults) {
    if (name !== FAULT_POINTS && faultNamed(name) === undefined) throw invalid(`fault ${name}`);
  }
}

/** Options of a run that somebody wrote into a file. @throws AspenError `invalid_request`, naming the field */
export function readRunOptions(value: unknown): RunOptions {
  const fields = fieldsOf(value, "options");
  const quality = fieldsOf(fields["quality"], "quality");
  const pace = fieldsOf(fields["pace"], "pace");
  const { hasFaultPoints } = fields;
  if (typeof hasFaultPoints !== "boolean") throw invalid("hasFaultPoints");
  return {
    seed: whole(fields, "seed", 0, SEED_MAX),
    nodeCount: whole(fields, "nodeCount", 1, NODES_MAX),
    clientCount: whole(fields, "clientCount", 0, CLIENTS_MAX),
    lockHolderCount: whole(fields, "lockHolderCount", 0, 1_000),
    watcherCount: whole(fields, "watcherCount", 0, 1_000),
    historyRevisionsMax: whole(fields, "historyRevisionsMax", 1, stateMachineLimits.historyRevisionsMax),
    groupCount: whole(fields, "groupCount", 1, 1_000),
    thinkMsMax: whole(fields, "thinkMsMax", 1, COUNT_MAX),
    config: readConfig(fields["config"]),
    driftPpmMax: fields["driftPpmMax"] === undefined ? undefined : whole(fields, "driftPpmMax", 0, 900_000),
    quality: {
      delayUsMin: whole(quality, "delayUsMin", 0, US_MAX),
      delayUsMax: whole(quality, "delayUsMax", whole(quality, "delayUsMin", 0, US_MAX), US_MAX),
      slow: readRatio(quality, "slow"),
      slowUsMax: whole(quality, "slowUsMax", 1, US_MAX),
      loss: readRatio(quality, "loss"),
      corruption: readRatio(quality, "corruption"),
      bytesPerMs: whole(quality, "bytesPerMs", 0, US_MAX),
    },
    pace: {
      syncUsMin: whole(pace, "syncUsMin", 0, US_MAX),
      syncUsMax: whole(pace, "syncUsMax", whole(pace, "syncUsMin", 0, US_MAX), US_MAX),
      workUsMax: whole(pace, "workUsMax", 0, US_MAX),
    },
    chaosMs: whole(fields, "chaosMs", 0, CHAOS_MS_MAX),
    plan: readPlan(fields["plan"]),
    hasFaultPoints,
  };
}

function readPlan(value: unknown): readonly PlannedFault[] {
  if (!Array.isArray(value) || value.length > PLAN_MAX) throw invalid("plan");
  return value.map((item: unknown) => {
    const fields = fieldsOf(item, "plan");
    const { name } = fields;
    if (typeof name !== "string" || faultNamed(name) === undefined) throw invalid("plan");
    return {
      atMs: whole(fields, "atMs", 0, FAULT_MS_MAX),
      name,
      durationMs: whole(fields, "durationMs", 0, COUNT_MAX),
      seed: whole(fields, "seed", 0, SEED_MAX),
    };
  });
}

/** Whether the values go together, the node says when it is made with them. */
function readConfig(value: unknown): Partial<NodeConfig> {
  const fields = fieldsOf(value, "config");
  for (const [name, setting] of Object.entries(fields)) {
    const isKnown = Object.hasOwn(NODE_CONFIG_DEFAULTS, name);
    const isSetting = typeof setting === "boolean" || (Number.isSafeInteger(setting) && Number(setting) >= 0);
    if (!isKnown || !isSetting) throw invalid(`config.${name}`);
  }
  return fields;
}

function readRatio(of: Fields, name: string): { readonly numerator: number; readonly denominator: number } {
  const fields = fieldsOf(of[name], name);
  const denominator = whole(fields, "denominator", 1, SEED_MAX);
  return { numerator: whole(fields, "numerator", 0, denominator), denominator };
}

function whole(fields: Fields, name: string, min: number, max: number): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) throw invalid(name);
  return value;
}

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(name);
  return value as Fields;
}

function invalid(name: string): AspenError {
  return new AspenError("invalid_request", `these are no options of a run: ${name} is missing or wrong`);
}
