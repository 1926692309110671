import type { StandardIssue, StandardResult, StandardSchema } from "../src/views/standard-schema.ts";

export interface Tree {
  readonly name: string;
  readonly heightM: number;
  readonly planted?: Date | undefined;
}

interface TreeInput {
  readonly name: string;
  readonly heightM: number;
  readonly planted?: string | undefined;
}

/** By hand, after the specification: dates are text in JSON and dates in the program. */
export const treeSchema: StandardSchema<TreeInput, Tree> = {
  "~standard": { version: 1, vendor: "aspen-test", validate: validateTree },
};

function validateTree(value: unknown): StandardResult<Tree> {
  const issues: StandardIssue[] = [];
  const { name, heightM, planted } = (typeof value === "object" ? (value ?? {}) : {}) as Record<string, unknown>;
  if (typeof name !== "string") issues.push({ message: "a text is needed", path: ["name"] });
  if (typeof heightM !== "number" || heightM < 0) issues.push({ message: "no height", path: [{ key: "heightM" }] });
  const date = typeof planted === "string" ? new Date(planted) : undefined;
  if (planted !== undefined && Number.isNaN(date?.getTime() ?? Number.NaN)) issues.push({ message: "no date" });
  if (issues.length > 0) return { issues };
  const tree = { name: name as string, heightM: heightM as number };
  return { value: date === undefined ? tree : { ...tree, planted: date } };
}
