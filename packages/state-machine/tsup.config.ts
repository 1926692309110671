import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "sqlite/index": "src/sqlite/index.ts",
    // Started by its path: it must keep its name and its place beside the adapter.
    "sqlite/maintenance-worker": "src/sqlite/maintenance-worker.ts",
    "memory/index": "src/memory/index.ts",
    "testing/index": "src/testing/index.ts",
  },
  format: ["esm"],
  dts: true,
  sourcemap: true,
  clean: true,
  target: "node22",
});
