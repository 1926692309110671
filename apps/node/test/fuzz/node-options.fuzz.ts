import { AspenError } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import { bytesOf } from "@aspenjs/fuzz/text-bytes";
import { LOG_LEVELS, parseNodeOptions, type NodeOptions, type OptionTexts } from "../../src/node-options.ts";

const NAMES = [
  "dataDir",
  "listen",
  "secretFile",
  "joinTicketFile",
  "nodeId",
  "logLevel",
  "promoteLearners",
  "exitWithParent",
  "heartbeatMs",
  "electionMsMin",
  "leaseDriftMs",
  "compactionBytes",
] as const;

type OptionText = Exclude<OptionTexts[string], undefined>;

/** Text from the environment, or what the command line makes of an option: a flag, or several words. */
function textsOf(bytes: Uint8Array): OptionTexts {
  const source = new ByteSource(bytes);
  const given = source.list((items): readonly [string, OptionText] => [
    items.pick(NAMES),
    items.pick<() => OptionText>([
      () => items.text(),
      () => String(items.number()),
      () => items.pick(["true", "false", "debug", "silent"]),
      () => items.isSet(),
      () => items.list((words) => words.text()),
    ])(),
  ]);
  return Object.fromEntries(given);
}

export const target = defineTarget<NodeOptions>({
  name: "node/node-options",
  decodes: "options of the service, from the command line or the environment",
  covers: ["parseNodeOptions"],
  frameBytesMax: 16_384,
  seeds: () => [
    Uint8Array.of(0),
    Uint8Array.of(2, 4, 1, 7, 8, 1, 50),
    Uint8Array.of(3, 0, 0, 1, 0x2f, 1, 4, 2, 1, 0x61, 1, 0x62, 6, 2, 0),
    Uint8Array.of(2, 5, 2, 2, 7, 3, 1),
    Uint8Array.of(1, 1, 0, 3, 0x61, 0x2c, 0x62),
  ],
  dictionary: ["1e3", "0x10", " 5", "", ",", "9007199254740992"].map((text) => {
    return Uint8Array.of(0, text.length, ...bytesOf(text));
  }),
  decode: throwing((bytes) => parseNodeOptions(textsOf(bytes)), AspenError),
  check: ({ nodeId, listen, logLevel, config }) => {
    if (nodeId !== undefined && !(Number.isSafeInteger(nodeId) && nodeId >= 1)) throw new Error(`${nodeId} is no node`);
    if (listen.includes("")) throw new Error("an empty address");
    if (!LOG_LEVELS.includes(logLevel)) throw new Error(`${logLevel} is no level`);
    for (const value of Object.values(config)) {
      if (typeof value !== "number") continue;
      if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${value} is no number`);
    }
  },
  canaries: [
    {
      name: "numbers that are no integers",
      file: "apps/node/src/node-options.ts",
      find: "if (/^\\d+$/.test(value) && Number.isSafeInteger(parsed)) return parsed;",
      replace: "if (value !== '' && !Number.isNaN(parsed)) return parsed;",
    },
    {
      name: "flags with any value",
      file: "apps/node/src/node-options.ts",
      find: 'if (value === undefined || typeof value === "boolean") return value;',
      replace:
        'if (value === undefined || typeof value === "boolean") return value;\n  if (Array.isArray(value)) throw new TypeError("flag");',
    },
  ],
});
