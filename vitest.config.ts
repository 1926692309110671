import { defineConfig } from "vitest/config";

// Tests run on the TypeScript sources: the source condition of every workspace package wins over its build.
const conditions = ["@aspenjs/source", "node", "import", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "apps/*/{src,test}/**/*.test.ts", "tools/**/*.test.ts"],
    execArgv: ["--conditions=@aspenjs/source"],
  },
});
