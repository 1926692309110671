/**
 * One demand on an implementation, free of any test framework: `run` throws when it is not met.
 * With vitest: `for (const { name, run } of cases) test(name, () => run(subject))`.
 */
export interface AcceptanceCase<Subject> {
  readonly name: string;
  run(subject: Subject): Promise<void>;
}
