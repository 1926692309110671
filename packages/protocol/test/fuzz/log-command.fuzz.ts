import { AspenError, assertWriteCommand } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import {
  decodeLogCommand,
  encodeLogCommand,
  LOG_COMMAND_BYTES_MAX,
  logCommandActionBytes,
  type LogAction,
  type LogCommand,
} from "../../src/index.ts";
import { logCommand } from "./write-values.ts";

/** C2: what the log says, the gate before consensus would have let pass, but for keys of the system. */
function assertPassesGate(action: LogAction): void {
  switch (action.kind) {
    case "openSession":
    case "closeSession":
    case "renewLeases":
    case "expireLeases":
    case "extendLeases":
      return;
    default:
      try {
        assertWriteCommand(action);
      } catch (error) {
        if (error instanceof AspenError && error.message.includes("U+0000")) return;
        throw error;
      }
  }
}

export const target = defineTarget<LogCommand>({
  name: "protocol/log-command",
  decodes: "one command of the replicated log",
  covers: [
    "decodeLogCommand",
    "readDelete",
    "readDeleteRange",
    "readExpected",
    "readKey",
    "readLeaseBinding",
    "readLeaseIds",
    "readLeaseTtl",
    "readNumberedWord",
    "readReturnPrevious",
    "readSet",
    "readTransaction",
    "readValue",
  ],
  frameBytesMax: LOG_COMMAND_BYTES_MAX,
  seeds: () =>
    bytesOfHex(
      "840100f68100",
      "8401181883051903e81903e68101",
      "84011b0000018bcfe5680083051903e81903e6850268d0bad0bbd18ed187420102f5f6",
      "840119012cf6820382826162408261614107",
      "84011a00011170f683046161f4",
      "840101f683058261616162f5",
      "840101f68406616b820141094108",
      "840101f68406616b820219010240",
      "840101f68307616b8100",
      "840101f68502616b4107f4820019012c",
      "840101f68502616b4107f4820119ea60",
      "840101f68308820062612ff5",
      "840101f68308830161616162f4",
      "840101f6830a1864190102",
      "840101f6830a19ea60f6",
      "840101f6820b07",
      "840101f6820c8301181819012c",
      "840101f6820d8107",
      "840101f6810e",
      "840101f68409818401616b02058080",
      "840101f6840980828302616bf4850161614107f4f680",
      "840101f68409838400616100410184016161010084046162031903e88080",
      "840101f684098085820061618501616141" +
        "02f482000983026162f5830382006163f485048301616161621903e8f5f5818501616140f582011903e8",
    ),
  // Bindings to a lease and to a time to live, as short and as long as may be, and one more.
  dictionary: bytesOfHex("820001", "82011864", "82011863", "82011b00000049a06b5000", "82011b00000049a06b5001"),
  values: logCommand,
  decode: throwing(decodeLogCommand, DecodeError),
  encode: { form: "canonical", write: encodeLogCommand },
  check: (command, bytes) => {
    assertPassesGate(command.action);
    const action = logCommandActionBytes(bytes);
    const unprotected = { logTimeMs: 0, action: command.action };
    if (command.action.kind === "closeSession") return;
    const again = logCommandActionBytes(encodeLogCommand(unprotected));
    if (Buffer.compare(action, again) !== 0) throw new Error("the action's bytes depend on who stamped them");
  },
  canaries: [
    {
      name: "keys that appear twice",
      file: "packages/protocol/src/write-command-row.ts",
      find: "  if (problem !== undefined) throw new DecodeError(problem);",
      replace: "  if (problem !== undefined && keys.length === 0) throw new DecodeError(problem);",
    },
    {
      name: "a session where none belongs",
      file: "packages/protocol/src/log-command.ts",
      find: "  if (problem !== undefined) throw new DecodeError(problem);",
      replace: "",
    },
    {
      name: "cells behind the expected value",
      file: "packages/protocol/src/expected-row.ts",
      find: "  row.end();\n  return expected;",
      replace: "  return expected;",
    },
    {
      name: "a key that is changed twice",
      file: "packages/protocol/src/transaction-row.ts",
      find: "  if (problem !== undefined) throw new DecodeError(problem);",
      replace: "",
    },
    {
      name: "an operator that does not exist",
      file: "packages/protocol/src/transaction-row.ts",
      find: 'operator: readNumberedWord(row, "operator", COMPARE_OPERATORS)',
      replace: 'operator: COMPARE_OPERATORS[row.integer("operator")] ?? "="',
    },
    {
      name: "cells behind a compare",
      file: "packages/protocol/src/transaction-row.ts",
      find: "  row.end();\n  return compare;",
      replace: "  return compare;",
    },
    {
      name: "cells behind an operation",
      file: "packages/protocol/src/transaction-row.ts",
      find: "  row.end();\n  return operation;",
      replace: "  return operation;",
    },
    {
      name: "a lease and a time to live at once",
      file: "packages/protocol/src/lease-row.ts",
      find: "  cells.end();\n  return binding;",
      replace:
        "  return cells.remaining > 0 && kind === BOUND_TO_LEASE ? { ...binding, ttlMs: readLeaseTtl(cells) } : binding;",
    },
    {
      name: "a time to live of any length",
      file: "packages/protocol/src/lease-row.ts",
      find: 'row.integer("ttlMs", limits.leaseTtlMsMin, limits.leaseTtlMsMax)',
      replace: 'row.integer("ttlMs")',
    },
    {
      name: "lease ids out of order",
      file: "packages/protocol/src/lease-row.ts",
      find: '  if (!isAscending(leaseIds)) throw new DecodeError("lease ids must ascend");',
      replace: "",
    },
    {
      name: "an action on no leases",
      file: "packages/protocol/src/log-command.ts",
      find: '  if (leaseIds.length === 0) throw new DecodeError("an action on leases names at least one");',
      replace: "",
    },
  ],
});
