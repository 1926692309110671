import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "lmdb/index": "src/lmdb/index.ts",
    // A program of its own, started by the LMDB store beside itself.
    "lmdb/probe": "src/lmdb/probe.ts",
    "memory/index": "src/memory/index.ts",
    "testing/index": "src/testing/index.ts",
  },
  format: ["esm"],
  dts: true,
  sourcemap: true,
  clean: true,
  target: "node22",
  // Fault points are for simulations: nothing of them is published.
  define: { "globalThis.aspenFaultPoint": "undefined" },
  minifySyntax: true,
});
