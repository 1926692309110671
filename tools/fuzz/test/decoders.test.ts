/** No decoder without a target: what reads bytes or text from outside is found by its name. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadTarget, ROOT_DIRECTORY, targetPlaces } from "../src/discovery.ts";

/** Exported functions called decode… or parse…, readers of rows, and classes called …Decoder. */
const DECODERS = [
  /export (?:async )?function\*? ((?:decode|parse)[A-Z]\w*)/g,
  /export function (read[A-Z]\w*)(?:<[^>]*>)?\(\s*row: RowReader/g,
  /export class (\w*Decoder)\b/g,
];

/** Decoders without a target, by package, and why. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "packages/log-store": {
    parseMessage: "reads the lines of the crash test's own child process, in ./testing",
  },
};

function decodersOf(folder: string): readonly string[] {
  return globSync(`${folder}/src/**/*.ts`, { cwd: ROOT_DIRECTORY })
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap((file) => {
      const text = readFileSync(join(ROOT_DIRECTORY, file), "utf8");
      return DECODERS.flatMap((pattern) => Array.from(text.matchAll(pattern), ([, name = ""]) => name));
    });
}

const folders = globSync("{packages,apps}/*", { cwd: ROOT_DIRECTORY }).sort();
const covered = new Map<string, Set<string>>();
for (const place of targetPlaces()) {
  const names = covered.get(place.folder) ?? new Set<string>();
  for (const name of (await loadTarget(place)).covers) names.add(name);
  covered.set(place.folder, names);
}

test.each(folders)("every decoder of %s has a target, or a reason to have none", (folder) => {
  const excepted = EXCEPTIONS[folder] ?? {};
  const missing = decodersOf(folder).filter((name) => covered.get(folder)?.has(name) !== true && !(name in excepted));
  expect(missing).toEqual([]);
});

test("decoders that are covered or excepted are there", () => {
  for (const [folder, names] of covered) {
    const text = globSync(`${folder}/src/**/*.ts`, { cwd: ROOT_DIRECTORY })
      .map((file) => readFileSync(join(ROOT_DIRECTORY, file), "utf8"))
      .join("\n");
    for (const name of names) expect(text, `${folder}: ${name}`).toMatch(new RegExp(`export \\w+ ?\\w* ${name}\\b`));
  }
  for (const [folder, names] of Object.entries(EXCEPTIONS)) {
    expect(decodersOf(folder)).toEqual(expect.arrayContaining(Object.keys(names)));
  }
});
