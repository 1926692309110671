import type { AcceptanceCase } from "@aspenjs/api/testing";
import { durabilityCases } from "./durability-cases.ts";
import { historyCases } from "./history-cases.ts";
import { historyDurabilityCases } from "./history-durability-cases.ts";
import { leaseCases } from "./lease-cases.ts";
import { leaseDurabilityCases } from "./lease-durability-cases.ts";
import { leaseTimeCases } from "./lease-time-cases.ts";
import { ownedLeaseCases } from "./owned-lease-cases.ts";
import { rangeDeletionCases } from "./range-deletion-cases.ts";
import { readCases } from "./read-cases.ts";
import { resultBoundCases } from "./result-bound-cases.ts";
import { sessionCases } from "./session-cases.ts";
import { snapshotCases } from "./snapshot-cases.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";
import { transactionCases } from "./transaction-cases.ts";
import { writeCases } from "./write-cases.ts";

/** What every key-value state machine must do. */
export const stateMachineCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  ...writeCases,
  ...rangeDeletionCases,
  ...transactionCases,
  ...resultBoundCases,
  ...leaseCases,
  ...ownedLeaseCases,
  ...leaseTimeCases,
  ...leaseDurabilityCases,
  ...readCases,
  ...sessionCases,
  ...snapshotCases,
  ...durabilityCases,
  ...historyCases,
  ...historyDurabilityCases,
];
