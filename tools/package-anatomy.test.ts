import { describe, expect, test } from "vitest";
import { anatomyProblems, isNamedExportsOnly, type PackageView } from "./package-anatomy.ts";

const rules = { license: "Apache-2.0 OR MIT", nodeRange: ">=22.18.0" };

const wellFormed: PackageView = {
  folder: "packages/queue",
  manifest: {
    name: "@aspenjs/queue",
    description: "A queue that keeps what it was given",
    type: "module",
    license: rules.license,
    sideEffects: false,
    files: ["dist"],
    engines: { node: rules.nodeRange },
    repository: { directory: "packages/queue" },
    exports: {
      ".": { "@aspenjs/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
    publishConfig: {
      access: "public",
      exports: {
        ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
        "./package.json": "./package.json",
      },
    },
  },
  files: ["README.md", "src/index.ts", "src/queue.ts", "tsconfig.json", "tsup.config.ts"],
  readme: `# @aspenjs/queue\n${"\n".repeat(15)}\`\`\`ts\nconsole.log(1);\n\`\`\`\n`,
  indexes: { "src/index.ts": 'export { Queue } from "./queue.ts";\n' },
};

const withManifest = (changes: Partial<PackageView["manifest"]>): PackageView => ({
  ...wellFormed,
  manifest: { ...wellFormed.manifest, ...changes },
});

test("a well-formed package has no problem", () => {
  expect(anatomyProblems(wellFormed, rules)).toEqual([]);
});

test.each<[string, PackageView, string]>([
  ["another license", withManifest({ license: "MIT" }), "license must be"],
  ["another Node", withManifest({ engines: { node: ">=20" } }), "engines.node must be"],
  ["another name", withManifest({ name: "queue" }), "name must be @aspenjs/queue"],
  ["CommonJS", withManifest({ type: "commonjs" }), "type must be"],
  ["no description", withManifest({ description: "" }), "description must say"],
  ["sources in the tarball only", withManifest({ files: ["src"] }), "files must list dist"],
  ["another directory", withManifest({ repository: { directory: "packages/log" } }), "repository.directory"],
  ["private by default", withManifest({ publishConfig: {} }), "publishConfig.access"],
  ["no ./package.json", withManifest({ exports: {} }), "exports must offer ./package.json"],
  ["a published map that differs", withManifest({ publishConfig: { access: "public" } }), "publishConfig.exports"],
  ["an entry without source", { ...wellFormed, files: ["tsconfig.json", "tsup.config.ts"] }, "which is not there"],
  ["no README", { ...wellFormed, readme: undefined }, "README.md is missing"],
  ["no example", { ...wellFormed, readme: `# @aspenjs/queue${"\n".repeat(20)}` }, "```ts block"],
  ["a utils folder", { ...wellFormed, files: [...wellFormed.files, "src/utils/x.ts"] }, "src/utils/x.ts: "],
  ["a helpers file", { ...wellFormed, files: [...wellFormed.files, "test/helpers.ts"] }, "test/helpers.ts: "],
  ["a busy index", { ...wellFormed, indexes: { "src/index.ts": "export const a = 1;" } }, "src/index.ts: an index"],
])("%s is reported", (_name, view, problem) => {
  expect(anatomyProblems(view, rules).join("\n")).toContain(problem);
});

test("names that merely contain a banned word are fine", () => {
  const files = [...wellFormed.files, "src/shared-lock.ts", "src/commonwealth.ts"];
  expect(anatomyProblems({ ...wellFormed, files }, rules)).toEqual([]);
});

describe("isNamedExportsOnly", () => {
  test.each([
    ['/** Doc. */\nexport { a,\n b } from "./a.ts";\nexport type { C } from "./c.ts";\n', true],
    ['export * from "./a.ts";', false],
    ['import { a } from "./a.ts";', false],
    ["export interface A {}", false],
    ["export {};", false],
  ])("%j is %s", (text, expected) => {
    expect(isNamedExportsOnly(text)).toBe(expected);
  });
});
