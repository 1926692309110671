import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", "sqlite/index": "src/sqlite/index.ts", "testing/index": "src/testing/index.ts" },
  format: ["esm"],
  dts: true,
  sourcemap: true,
  clean: true,
  target: "node22",
});
