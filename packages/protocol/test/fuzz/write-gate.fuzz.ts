import {
  AspenError,
  assertWriteCommand,
  COMPARE_OPERATORS,
  NUMBER_TARGETS,
  type Compare,
  type CompareOperator,
  type Expected,
  type KeyRange,
  type KeyValuePair,
  type LeaseBinding,
  type NumberTarget,
  type TransactionOperation,
  type WriteCommand,
} from "@aspenjs/api";
import { decodeRow, encodeRow } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import { LOG_COMMAND_BYTES_MAX, readWriteCommand, writeCommandRow } from "../../src/index.ts";

const KINDS = [
  "set",
  "setMulti",
  "delete",
  "deleteMulti",
  "compareAndSwap",
  "compareAndDelete",
  "deleteRange",
  "transaction",
  "leaseGrant",
  "leaseRevoke",
] as const;
/** With words that JavaScript lets through. */
const OPERATORS = [...COMPARE_OPERATORS, "~" as CompareOperator] as const;
const TARGETS = [...NUMBER_TARGETS, "size" as NumberTarget] as const;

function pairOf(source: ByteSource): KeyValuePair {
  return { key: source.text(), value: source.bytes() };
}

function expectedOf(source: ByteSource): Expected {
  return source.pick<() => Expected>([
    () => ({ kind: "absent" }),
    () => ({ kind: "value", value: source.bytes() }),
    () => ({ kind: "modRevision", modRevision: source.number() }),
  ])();
}

function rangeOf(source: ByteSource): KeyRange {
  if (source.isSet()) return { kind: "prefix", prefix: source.text() };
  return { kind: "range", start: source.text(), end: source.text() };
}

function bindingOf(source: ByteSource): LeaseBinding {
  return source.pick<() => LeaseBinding>([
    () => ({}),
    () => ({ leaseId: source.number() }),
    () => ({ ttlMs: source.number() }),
    () => ({ leaseId: source.number(), ttlMs: source.number() }),
  ])();
}

function returningOf(source: ByteSource): { readonly returnPrevious?: boolean } {
  return source.isSet() ? { returnPrevious: true } : {};
}

function compareOf(source: ByteSource): Compare {
  const head = { key: source.text(), operator: source.pick(OPERATORS) };
  if (source.isSet()) return { ...head, target: "value", value: source.bytes() };
  return { ...head, target: source.pick(TARGETS), number: source.number() };
}

function operationOf(source: ByteSource): TransactionOperation {
  return source.pick<() => TransactionOperation>([
    () => ({ kind: "get", key: source.text() }),
    () => ({ kind: "set", ...pairOf(source), ...returningOf(source), ...bindingOf(source) }),
    () => ({ kind: "delete", key: source.text() }),
    () => ({ kind: "deleteRange", range: rangeOf(source) }),
    () => ({ kind: "scan", range: rangeOf(source) }),
    () => ({ kind: "scan", range: rangeOf(source), limit: source.number(), reverse: true, keysOnly: source.isSet() }),
  ])();
}

function commandOf(bytes: Uint8Array): WriteCommand {
  const source = new ByteSource(bytes);
  switch (source.pick(KINDS)) {
    case "set":
      return { kind: "set", ...pairOf(source), ...returningOf(source), ...bindingOf(source) };
    case "setMulti":
      return { kind: "setMulti", pairs: source.list(pairOf) };
    case "delete":
      return { kind: "delete", key: source.text() };
    case "deleteMulti":
      return { kind: "deleteMulti", keys: source.list((items) => items.text()) };
    case "compareAndSwap":
      return { kind: "compareAndSwap", ...pairOf(source), expected: expectedOf(source) };
    case "compareAndDelete":
      return { kind: "compareAndDelete", key: source.text(), expected: expectedOf(source) };
    case "deleteRange":
      return { kind: "deleteRange", range: rangeOf(source), ...returningOf(source) };
    case "transaction":
      return {
        kind: "transaction",
        compares: source.list(compareOf),
        success: source.list(operationOf),
        failure: source.list(operationOf),
      };
    case "leaseGrant": {
      const ttlMs = source.number();
      return source.isSet() ? { kind: "leaseGrant", ttlMs, leaseId: source.number() } : { kind: "leaseGrant", ttlMs };
    }
    case "leaseRevoke":
      return { kind: "leaseRevoke", leaseId: source.number() };
  }
}

/** What passes the gate of the contract is applied by every replica: it must have a row, and come back from it. */
export const target = defineTarget<WriteCommand>({
  name: "protocol/write-gate",
  decodes: "a write command that a program may give to the gate before consensus",
  covers: ["readWriteCommand"],
  frameBytesMax: 65_536,
  seeds: () => [
    Uint8Array.of(0, 1, 0x61, 2, 7, 8, 1),
    Uint8Array.of(1, 2, 1, 0x61, 1, 7, 1, 0x62, 0),
    Uint8Array.of(2, 3, 0xed, 0xa0, 0x80),
    Uint8Array.of(3, 2, 1, 0x61, 1, 0x62),
    Uint8Array.of(4, 1, 0x61, 1, 7, 2, 5),
    Uint8Array.of(5, 1, 0x61, 1, 1, 9),
    Uint8Array.of(2, 132, 1, ...new Uint8Array(1_025).fill(0x61)),
    Uint8Array.of(0, 1, 0x61, 1, 7, 0, 1, 9),
    Uint8Array.of(0, 1, 0x61, 1, 7, 0, 2, 150),
    Uint8Array.of(6, 1, 1, 0x61, 1),
    Uint8Array.of(6, 0, 1, 0x61, 1, 0x62, 0),
    Uint8Array.of(6, 1, 136, 1, ...new Uint8Array(2_049).fill(0x61)),
    // A compare of a value and one of a number; a set with a lease, and the deletion of another key.
    Uint8Array.of(7, 2, 1, 0x61, 0, 1, 1, 7, 1, 0x62, 3, 0, 3, 9, 2, 1, 1, 0x61, 1, 7, 0, 1, 9, 2, 1, 0x62, 0),
    // A set and a range that does not reach it; a scan on the other branch.
    Uint8Array.of(7, 0, 2, 1, 1, 0x64, 0, 0, 0, 3, 0, 1, 0x61, 1, 0x63, 1, 5, 1, 1, 0x61, 10, 1),
    Uint8Array.of(8, 150, 1, 9),
    Uint8Array.of(9, 9),
  ],
  dictionary: [Uint8Array.of(2, 200), Uint8Array.of(2, 201), Uint8Array.of(2, 206), Uint8Array.of(2, 207)],
  decode: throwing((bytes) => {
    const command = commandOf(bytes);
    assertWriteCommand(command);
    return command;
  }, AspenError),
  check: (command) => {
    const row = encodeRow(writeCommandRow(command));
    const again = readWriteCommand(decodeRow(row, LOG_COMMAND_BYTES_MAX));
    if (Buffer.compare(encodeRow(writeCommandRow(again)), row) !== 0) throw new Error("comes back as another command");
  },
  canaries: [
    {
      name: "unpaired surrogates pass the gate",
      file: "packages/api/src/key.ts",
      find: 'if (!key.isWellFormed()) throw new AspenError("invalid_request", "a key must not hold an unpaired surrogate");',
      replace: "",
    },
    {
      name: "keys that are too long pass the gate",
      file: "packages/api/src/key.ts",
      find: "if (size > limits.keyBytesMax) {",
      replace: "if (size > 2 * limits.keyBytesMax) {",
    },
    {
      name: "revisions that no number holds pass the gate",
      file: "packages/api/src/write-gate.ts",
      find: "Number.isSafeInteger(expected.modRevision)",
      replace: "Number.isFinite(expected.modRevision)",
    },
    {
      name: "a lease and a time to live at once pass the gate",
      file: "packages/api/src/lease-gate.ts",
      find: "if (leaseId !== undefined && ttlMs !== undefined) {",
      replace: "if (leaseId === 0 && ttlMs !== undefined) {",
    },
    {
      name: "times to live that are too short pass the gate",
      file: "packages/api/src/lease-gate.ts",
      find: "ttlMs >= min &&",
      replace: "ttlMs >= 0 &&",
    },
    {
      name: "operators that do not exist pass the gate",
      file: "packages/api/src/transaction-gate.ts",
      find: "if (!COMPARE_OPERATORS.includes(compare.operator)) {",
      replace: "if (compare.operator.length === 0) {",
    },
    {
      name: "keys that are changed twice pass the gate",
      file: "packages/api/src/transaction-gate.ts",
      find: "if (changesKeyTwice(branch)) throw",
      replace: "if (branch.length > 2 && changesKeyTwice(branch)) throw",
    },
    {
      name: "bounds of ranges that are too long pass the gate",
      file: "packages/api/src/scan-gate.ts",
      find: "if (size <= limits.rangeBoundBytesMax) return;",
      replace: "if (size <= 2 * limits.rangeBoundBytesMax) return;",
    },
  ],
});
