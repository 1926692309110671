import type { CommandResult } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import { COMMAND_RESULT_BYTES_MAX, decodeCommandResult, encodeCommandResult } from "../../src/index.ts";
import { commandResult } from "./write-values.ts";

export const target = defineTarget<CommandResult>({
  name: "protocol/command-result",
  decodes: "what a command came to",
  covers: ["decodeCommandResult", "readCommandResult", "readWriteResult", "readKeyValueEntry"],
  frameBytesMax: COMMAND_RESULT_BYTES_MAX,
  seeds: () =>
    bytesOfHex(
      "830100830007f6",
      "83010083000a85616b4105030902",
      "8301008201190100",
      "83010084020000f6",
      "83010084020a018185616b4105030902",
      "830100820301",
      "830100830401f6",
      "8301011818",
      "820102",
      "820103",
      "83010402",
    ),
  values: commandResult,
  decode: throwing(decodeCommandResult, DecodeError),
  encode: { form: "canonical", write: encodeCommandResult },
  canaries: [
    {
      name: "cells behind an entry",
      file: "packages/protocol/src/command-result.ts",
      find: "  row.end();\n  return entry;",
      replace: "  return entry;",
    },
    {
      name: "a reason that does not exist",
      file: "packages/protocol/src/command-result.ts",
      find: 'row.integer("reason", 0, REFUSAL_REASONS.length - 1)',
      replace: 'row.integer("reason", 0)',
    },
  ],
});
