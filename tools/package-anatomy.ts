import { readmeExample } from "./readme-example.ts";
import { SOURCE_CONDITION, type ExportsMap, type Manifest } from "./workspace.ts";

/** What one package looks like from outside, read by the caller so that the rules below stay pure. */
export interface PackageView {
  /** `packages/api`. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Every file of the package, relative to it. */
  readonly files: readonly string[];
  readonly readme: string | undefined;
  /** Text of every `index.ts` under `src`, by path. */
  readonly indexes: Readonly<Record<string, string>>;
}

/** What all packages have in common and the root states once. */
export interface HouseRules {
  readonly license: string;
  readonly nodeRange: string;
}

const NAMES_THAT_SAY_NOTHING = /(^|\/)(utils?|helpers?|common|shared|misc)(\/|\.|$)/;
const README_LINES_MIN = 15;

/** Every way in which a package differs from its siblings in what they all must have. Empty when it is well. */
export function anatomyProblems(view: PackageView, rules: HouseRules): string[] {
  return [
    ...manifestProblems(view, rules),
    ...(view.folder.startsWith("apps/") ? [] : exportsProblems(view)),
    ...readmeProblems(view),
    ...fileProblems(view),
  ];
}

function manifestProblems({ folder, manifest }: PackageView, rules: HouseRules): string[] {
  const shortName = folder.slice(folder.indexOf("/") + 1);
  const problems: string[] = [];
  const demand = (isMet: boolean, problem: string): void => {
    if (!isMet) problems.push(`package.json: ${problem}`);
  };
  if (folder.startsWith("packages/")) {
    demand(manifest.name === `@aspenjs/${shortName}`, `name must be @aspenjs/${shortName}`);
    demand(manifest.sideEffects === false, "sideEffects must be false");
  }
  demand(manifest.type === "module", 'type must be "module"');
  demand(manifest.license === rules.license, `license must be ${rules.license}`);
  demand(manifest.engines?.["node"] === rules.nodeRange, `engines.node must be ${rules.nodeRange}`);
  if (manifest.private === true) return problems;
  demand((manifest.description ?? "").length >= 20, "description must say in a line what the package is for");
  demand(manifest.repository?.directory === folder, `repository.directory must be ${folder}`);
  demand(manifest.files?.includes("dist") === true, "files must list dist");
  demand(manifest.publishConfig?.access === "public", "publishConfig.access must be public");
  return problems;
}

/** In the workspace every entry resolves to its source; what is published is the same map without that condition. */
function exportsProblems({ manifest, files }: PackageView): string[] {
  const exports = manifest.exports ?? {};
  const problems: string[] = [];
  if (exports["./package.json"] === undefined) problems.push("package.json: exports must offer ./package.json");
  for (const [subpath, target] of Object.entries(exports)) {
    if (typeof target === "string") continue;
    const source = target[SOURCE_CONDITION];
    if (source === undefined || Object.keys(target)[0] !== SOURCE_CONDITION) {
      problems.push(`package.json: exports["${subpath}"] must start with the condition ${SOURCE_CONDITION}`);
    } else if (!files.includes(source.slice(2))) {
      problems.push(`package.json: exports["${subpath}"] names ${source}, which is not there`);
    }
  }
  if (!isSame(withoutSource(exports), manifest.publishConfig?.exports ?? {})) {
    problems.push(`package.json: publishConfig.exports must be exports without ${SOURCE_CONDITION}`);
  }
  return problems;
}

function withoutSource(exports: ExportsMap): ExportsMap {
  const published: Record<string, string | Record<string, string>> = {};
  for (const [subpath, target] of Object.entries(exports)) {
    if (typeof target === "string") published[subpath] = target;
    else {
      const conditions = Object.entries(target).filter(([condition]) => condition !== SOURCE_CONDITION);
      published[subpath] = Object.fromEntries(conditions);
    }
  }
  return published;
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function readmeProblems({ folder, manifest, readme }: PackageView): string[] {
  if (readme === undefined) return ["README.md is missing"];
  const problems: string[] = [];
  if (!readme.startsWith("# ")) problems.push("README.md must start with a title");
  if (!readme.includes(manifest.name ?? "")) problems.push("README.md must name the package");
  if (readme.split("\n").length < README_LINES_MIN) problems.push("README.md is too short to be of use");
  if (folder.startsWith("packages/") && readmeExample(readme) === undefined) {
    problems.push("README.md needs a ```ts block that runs");
  }
  return problems;
}

function fileProblems({ files, indexes }: PackageView): string[] {
  const vague = files
    .filter((path) => NAMES_THAT_SAY_NOTHING.test(path))
    .map((path) => `${path}: a file or folder is named after its noun`);
  const busy = Object.entries(indexes)
    .filter(([, text]) => !isNamedExportsOnly(text))
    .map(([path]) => `${path}: an index holds a doc block and named re-exports, nothing else`);
  const tooling = ["tsconfig.json", "tsup.config.ts"].filter((path) => !files.includes(path));
  return [...vague, ...busy, ...tooling.map((path) => `${path} is missing`)];
}

/** True for text that consists of comments and `export { … } from "…"`, with or without `type`. */
export function isNamedExportsOnly(text: string): boolean {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/\/\/.*$/gm, "");
  return code.replaceAll(/export (type )?\{[^}]*\} from "[^"]+";/g, "").trim() === "";
}
