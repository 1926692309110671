import type { AcceptanceCase } from "./acceptance-case.ts";

export interface FailingCase {
  readonly name: string;
  readonly error: unknown;
}

/** Runs every case, each on a subject of its own, and returns those that failed. For use without a test framework. */
export async function failingCases<Subject>(
  cases: readonly AcceptanceCase<Subject>[],
  newSubject: () => Subject | Promise<Subject>,
): Promise<FailingCase[]> {
  const failing: FailingCase[] = [];
  for (const acceptanceCase of cases) {
    try {
      await acceptanceCase.run(await newSubject());
    } catch (error) {
      failing.push({ name: acceptanceCase.name, error });
    }
  }
  return failing;
}
