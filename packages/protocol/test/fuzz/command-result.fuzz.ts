import type { CommandResult } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import { COMMAND_RESULT_BYTES_MAX, decodeCommandResult, encodeCommandResult } from "../../src/index.ts";
import { commandResult } from "./write-values.ts";

export const target = defineTarget<CommandResult>({
  name: "protocol/command-result",
  decodes: "what a command came to",
  covers: [
    "decodeCommandResult",
    "readCommandResult",
    "readDeleted",
    "readEntries",
    "readKeyValueEntry",
    "readOperationResult",
    "readOptionalEntry",
    "readWriteResult",
  ],
  frameBytesMax: COMMAND_RESULT_BYTES_MAX,
  amplification: { times: 4, reason: "the result of the most entries has more cells for its bytes than a command" },
  seeds: () =>
    bytesOfHex(
      "830100830007f6",
      "83010083000a86616b4105030902f6",
      "83010083000a86616b410503090219012c",
      "8301008201190100",
      "83010084020000f6",
      "83010084020a018186616b4105030902f6",
      "830100820301",
      "830100830401f6",
      "8301011818",
      "820102",
      "820103",
      "83010402",
      "83010084050af5858200f6820186616b4105030902f6830202f68302018186616b4105030902f684038186616b410503090219012c01f5",
      "83010084060a19012c19ea60",
      "83010084070af502",
      "83010501",
      "8401060a820119012c",
    ),
  values: commandResult,
  decode: throwing(decodeCommandResult, DecodeError),
  encode: { form: "canonical", write: encodeCommandResult },
  canaries: [
    {
      name: "cells behind an entry",
      file: "packages/protocol/src/key-value-entry-row.ts",
      find: "  row.end();\n  return leaseId",
      replace: "  return leaseId",
    },
    {
      name: "an entry that is bound to lease 0",
      file: "packages/protocol/src/lease-row.ts",
      find: 'row.integer("leaseId", 1, limits.leaseIdMax)',
      replace: 'row.integer("leaseId", 0, limits.leaseIdMax)',
    },
    {
      name: "a reason that does not exist",
      file: "packages/protocol/src/numbered-word.ts",
      find: "row.integer(name, 0, words.length - 1)",
      replace: "row.integer(name, 0)",
    },
    {
      name: "cells behind the result of an operation",
      file: "packages/protocol/src/operation-result-row.ts",
      find: "  row.end();\n  return result;",
      replace: "  return result;",
    },
    {
      name: "cells behind the result of a write",
      file: "packages/protocol/src/write-result-row.ts",
      find: "  row.end();\n",
      replace: "",
    },
  ],
});
