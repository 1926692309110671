import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "sqlite/index": "src/sqlite/index.ts",
    // Started by their paths: they must keep their names and their place beside the adapter.
    "sqlite/maintenance-worker": "src/sqlite/maintenance-worker.ts",
    "sqlite/sql-process": "src/sqlite/sql-process.ts",
    "sqlite/sql-watchdog": "src/sqlite/sql-watchdog.ts",
    "memory/index": "src/memory/index.ts",
    "testing/index": "src/testing/index.ts",
  },
  format: ["esm"],
  dts: true,
  sourcemap: true,
  clean: true,
  target: "node22",
});
