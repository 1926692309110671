import { AspenError, assertWriteCommand, type Expected, type KeyValuePair, type WriteCommand } from "@aspenjs/api";
import { decodeRow, encodeRow } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import { LOG_COMMAND_BYTES_MAX, readWriteCommand, writeCommandRow } from "../../src/index.ts";

const KINDS = ["set", "setMulti", "delete", "deleteMulti", "compareAndSwap", "compareAndDelete"] as const;

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

function commandOf(bytes: Uint8Array): WriteCommand {
  const source = new ByteSource(bytes);
  switch (source.pick(KINDS)) {
    case "set":
      return { kind: "set", ...pairOf(source), ...(source.isSet() ? { returnPrevious: true } : {}) };
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
  ],
});
