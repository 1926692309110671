/** One invariant of a SPEC.md: a table row `| R1 | at most one leader per term | … |`, or an item `- **R1** At most …`. */
export interface SpecRow {
  readonly id: string;
  readonly line: number;
}

export interface CitingFile {
  readonly path: string;
  readonly text: string;
}

const ROW_START = /^\|\s*[*`]*(?<id>[A-Z]{1,3}[0-9]{1,3})[*`]*\s*\|/;
const ITEM_START = /^[-*]\s+\*\*(?<id>[A-Z]{1,3}[0-9]{1,3})\*\*/;
const ID = /\b[A-Z]{1,3}[0-9]{1,3}\b/g;
const ID_RANGE = /\b(?<prefix>[A-Z]{1,3})(?<first>[0-9]{1,3})(?: to |-|–)\k<prefix>(?<last>[0-9]{1,3})\b/g;
/** Acceptance suites are published sources, and tests all the same. */
const TEST_FILE = /(\.test\.ts$|^test\/|^src\/testing\/)/;

/** Rows of every table whose first column holds ids such as R1 or S12, and items that begin with one in bold. */
export function specRows(spec: string): SpecRow[] {
  return spec.split("\n").flatMap((text, position) => {
    const id = (ROW_START.exec(text) ?? ITEM_START.exec(text))?.groups?.["id"];
    return id === undefined ? [] : [{ id, line: position + 1 }];
  });
}

/**
 * A specification that nothing cites is a wish. Every invariant must be named where the code keeps it and where a
 * test shows that it holds; no id may be given twice.
 */
export function specProblems(spec: string, files: readonly CitingFile[]): string[] {
  const rows = specRows(spec);
  if (rows.length === 0) return ["SPEC.md holds no invariants: rows start with an id such as R1, items with **R1**"];
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

/**
 * Ids that stand in the text as words of their own. The head of a source may cite a range, as in `S1 to S6`; a test
 * names each invariant that it shows.
 */
function citedIds(files: readonly CitingFile[]): { bySources: Set<string>; byTests: Set<string> } {
  const bySources = new Set<string>();
  const byTests = new Set<string>();
  for (const { path, text } of files) {
    const isTest = TEST_FILE.test(path);
    const ids = isTest ? byTests : bySources;
    for (const [id] of text.matchAll(ID)) ids.add(id);
    if (!isTest) for (const id of idsOfRanges(text)) ids.add(id);
  }
  return { bySources, byTests };
}

function idsOfRanges(text: string): string[] {
  return [...text.matchAll(ID_RANGE)].flatMap(({ groups }) => {
    const [first, last] = [Number(groups?.["first"]), Number(groups?.["last"])];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, item) => `${groups?.["prefix"]}${first + item}`);
  });
}
