/** One row of a table of invariants in a SPEC.md: `| R1 | at most one leader per term | … |`. */
export interface SpecRow {
  readonly id: string;
  readonly line: number;
}

export interface CitingFile {
  readonly path: string;
  readonly text: string;
}

const ROW_START = /^\|\s*[*`]*(?<id>[A-Z]{1,3}[0-9]{1,3})[*`]*\s*\|/;
const TEST_FILE = /(\.test\.ts$|^test\/)/;

/** Rows of every table whose first column holds ids such as R1 or S12. */
export function specRows(spec: string): SpecRow[] {
  return spec.split("\n").flatMap((text, position) => {
    const id = ROW_START.exec(text)?.groups?.["id"];
    return id === undefined ? [] : [{ id, line: position + 1 }];
  });
}

/**
 * A specification that nothing cites is a wish. Every invariant must be named where the code keeps it and where a
 * test shows that it holds; no id may be given twice.
 */
export function specProblems(spec: string, files: readonly CitingFile[]): string[] {
  const rows = specRows(spec);
  if (rows.length === 0) return ["SPEC.md holds no table of invariants: rows start with an id such as R1"];
  const cited = citedIds(files);
  const firstLines = new Map<string, number>();
  return rows.flatMap(({ id, line }) => {
    const firstLine = firstLines.get(id);
    if (firstLine !== undefined) return [`SPEC.md:${line}: ${id} was given in line ${firstLine} already`];
    firstLines.set(id, line);
    const problems: string[] = [];
    if (!cited.bySources.has(id)) problems.push(`SPEC.md:${line}: no source file cites ${id}`);
    if (!cited.byTests.has(id)) problems.push(`SPEC.md:${line}: no test cites ${id}`);
    return problems;
  });
}

/** Ids that stand in the text as words of their own; a range such as `R3-R6` cites its ends only. */
function citedIds(files: readonly CitingFile[]): { bySources: Set<string>; byTests: Set<string> } {
  const bySources = new Set<string>();
  const byTests = new Set<string>();
  for (const { path, text } of files) {
    const ids = TEST_FILE.test(path) ? byTests : bySources;
    for (const [id] of text.matchAll(/\b[A-Z]{1,3}[0-9]{1,3}\b/g)) ids.add(id);
  }
  return { bySources, byTests };
}
