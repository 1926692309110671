import type { AcceptanceCase } from "@aspenjs/api/testing";
import type { LogStoreSubject } from "./log-store-subject.ts";
import { randomCases } from "./random-cases.ts";
import { readCases } from "./read-cases.ts";
import { removalCases } from "./removal-cases.ts";
import { writeCases } from "./write-cases.ts";

/** Every demand of the `LogStore` contract that needs no broken disk. */
export const logStoreCases: readonly AcceptanceCase<LogStoreSubject>[] = [
  ...writeCases,
  ...readCases,
  ...removalCases,
  ...randomCases,
];
