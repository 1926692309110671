import type { AcceptanceCase } from "@aspenjs/api/testing";
import { durabilityCases } from "./durability-cases.ts";
import { readCases } from "./read-cases.ts";
import { sessionCases } from "./session-cases.ts";
import { snapshotCases } from "./snapshot-cases.ts";
import type { StateMachineSubject } from "./state-machine-subject.ts";
import { writeCases } from "./write-cases.ts";

/** What every key-value state machine must do. */
export const stateMachineCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  ...writeCases,
  ...readCases,
  ...sessionCases,
  ...snapshotCases,
  ...durabilityCases,
];
