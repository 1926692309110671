import { compareKeys, limits, type KeyRange } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import { keyRangeOf } from "../../src/key-range.ts";
import { UsageError } from "../../src/usage-error.ts";

const HIGHEST_KEY = "\u{10FFFF}".repeat(limits.keyBytesMax / 4);

interface Ranged {
  readonly range: KeyRange;
  readonly end: string | undefined;
}

export const target = defineTarget<Ranged>({
  name: "cli/key-range",
  decodes: "prefix, start and end on the command line",
  covers: [],
  frameBytesMax: 16_384,
  seeds: () => [
    Uint8Array.of(0, 0, 0),
    Uint8Array.of(1, 1, 0x61, 0, 0),
    Uint8Array.of(0, 1, 1, 0x61, 0),
    Uint8Array.of(0, 1, 1, 0x61, 1, 1, 0x62),
  ],
  decode: throwing((bytes) => {
    const source = new ByteSource(bytes);
    const option = (): string | undefined => (source.isSet() ? source.text() : undefined);
    const [prefix, start, end] = [option(), option(), option()];
    return { range: keyRangeOf(prefix, start, end), end };
  }, UsageError),
  check: ({ range, end }) => {
    if (range.kind === "prefix" || end !== undefined) return;
    if (compareKeys(HIGHEST_KEY, range.end) >= 0) throw new Error("a range without end leaves out the last key");
  },
  canaries: [
    {
      name: "a prefix and an end at once",
      file: "apps/cli/src/key-range.ts",
      find: 'if (prefix !== undefined) throw new UsageError("give a prefix, or --start and --end, but not both");',
      replace: 'if (prefix !== undefined) throw new TypeError("give a prefix, or --start and --end, but not both");',
    },
  ],
});
