import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** Files that never got as far as their tests, and errors that belong to no test. */
  readonly broken: readonly string[];
}

/** Where the reporter leaves its counts; `run-tests.ts` sets it. */
export const COUNTS_FILE_VARIABLE = "ASPEN_TEST_COUNTS_FILE";

/**
 * Counts what a run came to. Vitest's own JSON report leaves out why a test was skipped and which errors belong to no
 * test, and both must be seen.
 */
export default class TestCountReporter implements Reporter {
  onTestRunEnd(testModules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = testModules.flatMap((testModule) => [...testModule.children.allTests()]);
    const counts: TestCounts = {
      passed: tests.filter((test) => test.result().state === "passed").length,
      failed: tests.filter((test) => ["failed", "pending"].includes(test.result().state)).length,
      skipped: tests.flatMap((test) => {
        const result = test.result();
        if (result.state !== "skipped") return [];
        return [
          { name: `${test.module.relativeModuleId} > ${test.fullName}`, reason: result.note ?? "no reason given" },
        ];
      }),
      broken: [
        ...testModules
          .filter((testModule) => testModule.errors().length > 0)
          .map((testModule) => `${testModule.relativeModuleId}: ${testModule.errors()[0]?.message ?? ""}`),
        ...testModules
          .flatMap((testModule) => [...testModule.children.allSuites()])
          .filter((suite) => suite.errors().length > 0)
          .map((suite) => `${suite.module.relativeModuleId} > ${suite.fullName}: ${suite.errors()[0]?.message ?? ""}`),
        ...unhandledErrors.map((error) => `outside of any test: ${error.message}`),
      ],
    };
    const file = process.env[COUNTS_FILE_VARIABLE];
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
  }
}
