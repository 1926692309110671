/** Acceptance suites for the contracts of this package, free of any test framework. */
export type { AcceptanceCase } from "./acceptance-case.ts";
