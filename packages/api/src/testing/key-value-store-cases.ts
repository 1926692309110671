import type { AcceptanceCase } from "./acceptance-case.ts";
import { gateCases } from "./gate-cases.ts";
import type { KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { leaseBindingCases } from "./lease-binding-cases.ts";
import { leaseCases } from "./lease-cases.ts";
import { leaseGateCases } from "./lease-gate-cases.ts";
import { leaseTimeCases } from "./lease-time-cases.ts";
import { multiReadCases } from "./multi-read-cases.ts";
import { operationCases } from "./operation-cases.ts";
import { pageCases } from "./page-cases.ts";
import { rangeDeletionCases } from "./range-deletion-cases.ts";
import { resultBoundCases } from "./result-bound-cases.ts";
import { scanCases } from "./scan-cases.ts";
import { transactionCases } from "./transaction-cases.ts";
import { transactionGateCases } from "./transaction-gate-cases.ts";
import { watchCases } from "./watch-cases.ts";
import { writeCases } from "./write-cases.ts";

/**
 * What every `KeyValueStore` owes its users. The cases are independent, take any order, write about 25 MiB in all, and
 * need a store that was never used as little as one that is years old. They let about ten seconds pass.
 */
export const keyValueStoreCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  ...writeCases,
  ...gateCases,
  ...scanCases,
  ...pageCases,
  ...multiReadCases,
  ...rangeDeletionCases,
  ...transactionCases,
  ...operationCases,
  ...transactionGateCases,
  ...resultBoundCases,
  ...leaseCases,
  ...leaseBindingCases,
  ...leaseGateCases,
  ...leaseTimeCases,
  ...watchCases,
];
