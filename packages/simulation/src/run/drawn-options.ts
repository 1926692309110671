import type { NodeConfig } from "@aspenjs/cluster";
import { FAULTS } from "../faults/fault-catalogue.ts";
import { drawFaultPlan, type PlannedFault } from "../faults/fault-plan.ts";
import type { RouteQuality } from "../network/route.ts";
import { ratio } from "../random/ratio.ts";
import { SeededRandom } from "../random/seeded-random.ts";
import { assertRunChoices, FAULT_POINTS, readRunOptions } from "./run-options-gate.ts";
import type { RunChoices, RunOptions } from "./run-options.ts";

const DRIFT = "clock-drift";
const FLOOD = "flood";
const ISOLATED_LEADER = "isolate-leader";
const FLOODED = ratio(1, 16);

/** Faults begin once the cluster has had time to form. */
const CALM_MS = 3_000;
const CHAOS_MS = 40_000;
/** A fault that is allowed at all strikes in three of four runs: in fewer kinds each finds others undisturbed. */
const PRESENCE = ratio(3, 4);
/** In half of the runs one kind of fault strikes much more often than the others. */
const FOCUSED = ratio(1, 2);
const FOCUS_WEIGHT = 6;
/**
 * Drift allowances, and how far clocks may then be off: over the shortest election timeout E, a leader whose clock is
 * slow by p and a voter whose clock is fast by p differ by E * 2p / (1 + p), which the allowance covers with two ticks
 * to spare.
 */
const LEASES = [
  { driftMs: 100, ppmMax: 50_000 },
  { driftMs: 300, ppmMax: 180_000 },
] as const;

/** @throws AspenError `invalid_request`: what is drawn could not be read from an artifact again */
export function drawRunOptions(seed: number, choices: RunChoices = {}): RunOptions {
  assertRunChoices(seed, choices);
  return readRunOptions(draw(seed, choices));
}

function draw(seed: number, choices: RunChoices): RunOptions {
  const random = new SeededRandom(seed).child("options");
  const lease = random.chance(ratio(1, 3)) ? random.pick(LEASES) : undefined;
  const chaosMs = choices.chaosMs ?? CHAOS_MS;
  const isAllowed = (name: string): boolean => choices.faults?.includes(name) ?? true;
  const allowed = FAULTS.filter(({ name }) => isAllowed(name));
  const present = allowed.filter(() => random.chance(PRESENCE));
  // What leases must survive is a leader that is cut off and does not know.
  const candidates = lease === undefined ? present : present.filter(({ name }) => name === ISOLATED_LEADER);
  const focus = candidates.length > 0 && random.chance(FOCUSED) ? random.pick(candidates) : undefined;
  const faults = present.map((fault) => (fault === focus ? { ...fault, weight: fault.weight * FOCUS_WEIGHT } : fault));
  const pauseMs = 500 + random.below(4_000);
  const planRandom = random.child("plan");
  return {
    seed,
    nodeCount: choices.nodeCount ?? (random.below(2) === 0 ? 3 : 5),
    clientCount: choices.clientCount ?? random.between(2, 5),
    lockHolderCount: random.below(4),
    watcherCount: random.below(3),
    groupCount: random.between(1, 3),
    thinkMsMax: random.pick([1_000, 2_000, 4_000]),
    config: drawConfig(random.child("config"), lease?.driftMs),
    driftPpmMax: lease?.ppmMax,
    quality: drawQuality(random.child("quality")),
    pace: { syncUsMin: 100, syncUsMax: 200 + random.below(20_000), workUsMax: random.pick([0, 3_000, 40_000]) },
    historyRevisionsMax: random.pick([4, 16, 64]),
    chaosMs,
    hasFaultPoints: isAllowed(FAULT_POINTS),
    plan: [
      ...(lease === undefined || !isAllowed(DRIFT) ? [] : [driftThroughout(planRandom, chaosMs)]),
      ...(isAllowed(FLOOD) && planRandom.chance(FLOODED) ? [floodOnce(planRandom, chaosMs)] : []),
      ...drawFaultPlan(planRandom, { faults, startMs: CALM_MS, endMs: CALM_MS + chaosMs, pauseMs }),
    ],
  };
}

/** Leases are about clocks: where there are leases, clocks are wrong from the beginning. */
function driftThroughout(random: SeededRandom, chaosMs: number): PlannedFault {
  return { atMs: CALM_MS, name: DRIFT, durationMs: chaosMs, seed: random.below(2 ** 32) };
}

function floodOnce(random: SeededRandom, chaosMs: number): PlannedFault {
  return { atMs: CALM_MS + random.below(chaosMs), name: FLOOD, durationMs: 3_000, seed: random.below(2 ** 32) };
}

function drawConfig(random: SeededRandom, leaseDriftMs: number | undefined): Partial<NodeConfig> {
  return {
    tickMs: leaseDriftMs === undefined ? random.pick([10, 20, 40]) : 10,
    ...(leaseDriftMs === undefined ? {} : { leaseDriftMs }),
    failoverMsMax: random.pick([0, 60, 120]),
    compactionEntries: random.between(5, 120),
    retainedEntriesMin: random.pick([0, 0, 3, 40]),
    messageEntriesMax: random.pick([1, 2, 1_000]),
    inflightMessagesMax: random.pick([1, 3, 32]),
    isPromotingLearners: random.chance(ratio(1, 3)),
    // What clients write is small: a queue of the usual size is never full but in a flood.
    watchQueueBytesMax: random.pick([1_048_576, 4_096, 256]),
    // Few clients make few calls at a time. A flood needs the usual bound.
    proposalsMax: random.pick([8_192, 8_192, 8_192, 12, 4]),
    readsMax: random.pick([65_536, 65_536, 65_536, 12, 4]),
  };
}

function drawQuality(random: SeededRandom): RouteQuality {
  const delayUsMin = 50 + random.below(3_000);
  return {
    delayUsMin,
    delayUsMax: delayUsMin + random.below(20_000),
    slow: ratio(random.below(3), 100),
    slowUsMax: 1 + random.below(150_000),
    loss: ratio(random.below(2), 1_000),
    corruption: ratio(0, 1),
    bytesPerMs: 0,
  };
}
