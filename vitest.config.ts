import { defineConfig } from "vitest/config";

// Tests run on the TypeScript sources: the source condition of every workspace package wins over its build.
const conditions = ["@aspenjs/source", "node", "import", "default"];

const everywhere = "{packages,apps,tools}/*/{src,test}/**";

/** Suites that start processes, open sockets, sync disks or search for long: one file at a time, after the rest. */
const heavy = [
  `${everywhere}/libp2p/**/*.test.ts`,
  `${everywhere}/*{crash,kill,libp2p,network,e2e,soak,process}*.test.ts`,
  "packages/{cluster,simulation}/test/**/*.test.ts",
  "{apps,tools}/*/test/**/*.test.ts",
  "tools/gates.test.ts",
];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    execArgv: ["--conditions=@aspenjs/source"],
    // Native bindings need processes of their own. CI and most laptops that build this have two cores.
    pool: "forks",
    // Bounds for what hangs, not for what is slow: a busy machine may take many times what an idle one does.
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [`${everywhere}/*.test.ts`, "tools/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", ...heavy],
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "heavy",
          include: heavy,
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
