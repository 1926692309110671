import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { parseCount } from "../../src/global-options.ts";
import { UsageError } from "../../src/usage-error.ts";

const MAX = 10_000;

export const target = defineTarget<number>({
  name: "cli/count",
  decodes: "a count on the command line",
  covers: ["parseCount"],
  frameBytesMax: 4_096,
  seeds: () => ["1", "10000", "007", "10001", "1e3"].map(bytesOf),
  dictionary: ["0x", "e", ".", "-", " ", "Infinity", "٣"].map(bytesOf),
  decode: throwing((bytes) => parseCount(textOf(bytes), 1, MAX), UsageError),
  encode: { form: "normal", write: (count) => bytesOf(String(count)) },
  check: (count) => {
    if (!Number.isInteger(count) || count < 1 || count > MAX) throw new Error(`a count of ${count}`);
  },
  canaries: [
    {
      name: "whatever a number can be read from",
      file: "apps/cli/src/global-options.ts",
      find: "if (/^\\d+$/.test(text) && count >= min && count <= max) return count;",
      replace: "if (count >= min && count <= max) return count;",
    },
  ],
});
