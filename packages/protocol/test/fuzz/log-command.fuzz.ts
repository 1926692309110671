import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import {
  decodeLogCommand,
  encodeLogCommand,
  LOG_COMMAND_BYTES_MAX,
  logCommandActionBytes,
  type LogCommand,
} from "../../src/index.ts";
import { logCommand } from "./write-values.ts";

export const target = defineTarget<LogCommand>({
  name: "protocol/log-command",
  decodes: "one command of the replicated log",
  covers: ["decodeLogCommand"],
  frameBytesMax: LOG_COMMAND_BYTES_MAX,
  seeds: () =>
    bytesOfHex(
      "840100f68100",
      "8401181883051903e81903e68101",
      "84011b0000018bcfe5680083051903e81903e6840268d0bad0bbd18ed187420102f5",
      "840119012cf6820382826162408261614107",
      "84011a00011170f683046161f4",
      "840101f683058261616162f5",
      "840101f68406616b820141094108",
      "840101f68406616b820219010240",
      "840101f68307616b8100",
    ),
  values: logCommand,
  decode: throwing(decodeLogCommand, DecodeError),
  encode: { form: "canonical", write: encodeLogCommand },
  check: (command, bytes) => {
    const action = logCommandActionBytes(bytes);
    const unprotected = { logTimeMs: 0, action: command.action };
    if (command.action.kind === "closeSession") return;
    const again = logCommandActionBytes(encodeLogCommand(unprotected));
    if (Buffer.compare(action, again) !== 0) throw new Error("the action's bytes depend on who stamped them");
  },
  canaries: [
    {
      name: "keys that appear twice",
      file: "packages/protocol/src/log-command.ts",
      find: "  if (problem !== undefined) throw new DecodeError(problem);",
      replace: "  if (problem !== undefined && keys.length === 0) throw new DecodeError(problem);",
    },
    {
      name: "a session where none belongs",
      file: "packages/protocol/src/log-command.ts",
      find: 'if (action.kind === "openSession" && session !== undefined) throw new DecodeError("openSession names no session");',
      replace: "",
    },
    {
      name: "cells behind the expected value",
      file: "packages/protocol/src/log-command.ts",
      find: "  row.end();\n  return expected;",
      replace: "  return expected;",
    },
  ],
});
