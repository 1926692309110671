import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { traceText, type RunOptions } from "@aspenjs/simulation";
import { REPORT_FOLDER, traceRun } from "./failure-report.ts";
import type { StateKind } from "./state-directory.ts";

/**
 * Two runs of one seed, side by side: nothing of this can be made smaller as a failure can, since neither run fails.
 * @returns where both traces are
 */
export async function reportDifference(options: RunOptions, stateKind: StateKind): Promise<string> {
  const runs = [await traceRun(options, stateKind), await traceRun(options, stateKind)] as const;
  const traces = runs.map(({ events }) => events.map(traceText));
  mkdirSync(REPORT_FOLDER, { recursive: true });
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, "").slice(0, 15).replace("T", "-");
  const paths = traces.map((lines, run) => {
    const path = join(REPORT_FOLDER, `determinism-seed${options.seed}-${stamp}-${run + 1}.trace`);
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  });
  const [left = [], right = []] = traces;
  const isSame = runs[0].report.traceHash === runs[1].report.traceHash;
  console.log(differenceText(left, right, isSame));
  return paths.join(" and ");
}

/** The first line in which two traces differ. */
export function differenceText(left: readonly string[], right: readonly string[], isSame: boolean): string {
  const length = Math.max(left.length, right.length);
  for (let line = 0; line < length; line += 1) {
    if (left[line] === right[line]) continue;
    const [one, other] = [left[line] ?? "(over)", right[line] ?? "(over)"];
    return `line ${line + 1} is the first that differs:\n1: ${one}\n2: ${other}`;
  }
  if (isSame) return "these two runs do the same: what differed came from what the process had lived through before";
  return "all lines are equal: the runs differ in events that leave no line";
}
