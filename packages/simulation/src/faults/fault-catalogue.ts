import { driftClocks, jumpWallClock } from "./clock-faults.ts";
import { failLogSync, failStateDisk, loseMachine, rotBit, slowDisk, wipeMachine } from "./disk-faults.ts";
import { duel } from "./duel-fault.ts";
import type { Fault } from "./fault.ts";
import {
  badMessages,
  badNetwork,
  bridgeCluster,
  cutOneWay,
  isolateLeader,
  isolateNode,
  resetConnections,
  slowLink,
  splitCluster,
} from "./network-faults.ts";
import { changeMembership, takeSnapshot, transferLeadership } from "./operator-faults.ts";
import {
  cutAllPower,
  cutPower,
  floodPaused,
  killClient,
  killMidway,
  killProcess,
  pauseProcess,
  stallProcess,
} from "./process-faults.ts";
import { shortReigns } from "./short-reigns-fault.ts";

/** Everything that may happen to a cluster, by name. */
export const FAULTS: readonly Fault[] = [
  killProcess,
  killMidway,
  cutPower,
  cutAllPower,
  pauseProcess,
  stallProcess,
  floodPaused,
  killClient,
  isolateNode,
  splitCluster,
  cutOneWay,
  bridgeCluster,
  isolateLeader,
  resetConnections,
  slowLink,
  badNetwork,
  badMessages,
  driftClocks,
  jumpWallClock,
  slowDisk,
  failLogSync,
  failStateDisk,
  rotBit,
  loseMachine,
  wipeMachine,
  transferLeadership,
  takeSnapshot,
  changeMembership,
  shortReigns,
  duel,
];

export function faultNamed(name: string): Fault | undefined {
  return FAULTS.find((fault) => fault.name === name);
}
