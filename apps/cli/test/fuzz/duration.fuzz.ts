import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import fc from "fast-check";
import { parseDuration } from "../../src/duration.ts";
import { UsageError } from "../../src/usage-error.ts";

export const target = defineTarget<number>({
  name: "cli/duration",
  decodes: "a duration on the command line",
  covers: ["parseDuration"],
  frameBytesMax: 4_096,
  seeds: () => ["500ms", "10s", "5m", "24h", "7d", "1.5s", "0.4ms", "9007199254740991ms"].map(bytesOf),
  dictionary: ["ms", "s", "m", "h", "d", ".", "e3", "0x", "-", "Infinity", "1".repeat(400)].map(bytesOf),
  values: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  decode: throwing((bytes) => parseDuration(textOf(bytes)), UsageError),
  encode: { form: "normal", write: (durationMs) => bytesOf(`${durationMs}ms`) },
  check: (durationMs) => {
    if (!Number.isSafeInteger(durationMs) || durationMs < 1) throw new Error(`a duration of ${durationMs} ms`);
  },
  canaries: [
    {
      name: "durations that no number holds",
      file: "apps/cli/src/duration.ts",
      find: 'digits !== "" && Number.isSafeInteger(durationMs) && durationMs > 0',
      replace: 'digits !== "" && durationMs > 0',
    },
    {
      name: "a pattern that takes for ever",
      file: "apps/cli/src/duration.ts",
      find: "/^(\\d+(?:\\.\\d+)?)(ms|s|m|h|d)$/",
      replace: "/^((?:\\d+)+(?:\\.\\d+)?)(ms|s|m|h|d)$/",
    },
  ],
});
