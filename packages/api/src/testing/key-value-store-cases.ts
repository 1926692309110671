import type { AcceptanceCase } from "./acceptance-case.ts";
import { gateCases } from "./gate-cases.ts";
import type { KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { pageCases } from "./page-cases.ts";
import { scanCases } from "./scan-cases.ts";
import { writeCases } from "./write-cases.ts";

/**
 * What every `KeyValueStore` owes its users. The cases are independent, take any order, write about 15 MiB in all, and
 * need a store that was never used as little as one that is years old.
 */
export const keyValueStoreCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  ...writeCases,
  ...gateCases,
  ...scanCases,
  ...pageCases,
];
