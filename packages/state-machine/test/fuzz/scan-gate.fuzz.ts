import {
  AspenError,
  compareKeys,
  encodeContinuation,
  limits,
  READ_CONSISTENCIES,
  scanQuery,
  type KeyRange,
  type ScanQuery,
  type ScanRequest,
} from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import { prefixEnd, scanBounds } from "../../src/key-range.ts";

function rangeOf(source: ByteSource): KeyRange {
  if (source.isSet()) return { kind: "prefix", prefix: source.text() };
  return { kind: "range", start: source.text(), end: source.text() };
}

function continuationOf(source: ByteSource): string {
  return source.isSet() ? source.text() : encodeContinuation({ after: source.text(), reverse: source.isSet() });
}

function requestOf(bytes: Uint8Array): ScanRequest {
  const source = new ByteSource(bytes);
  return {
    range: rangeOf(source),
    reverse: source.isSet(),
    ...(source.isSet() ? { limit: source.number() } : {}),
    ...(source.isSet() ? { consistency: source.pick(READ_CONSISTENCIES) } : {}),
    ...(source.isSet() ? { continuation: continuationOf(source) } : {}),
  };
}

/** What passes the gate of the contract must be a query that the state can answer. */
export const target = defineTarget<ScanQuery>({
  name: "state-machine/scan-gate",
  decodes: "a scan that a program may give to the gate, and the bounds of its keys",
  covers: [],
  frameBytesMax: 16_384,
  seeds: () => [
    Uint8Array.of(1, 0, 0, 0, 0, 0),
    Uint8Array.of(1, 1, 0x61, 1, 1, 10, 0, 0),
    Uint8Array.of(0, 1, 0x61, 1, 0x63, 0, 0, 0, 1, 0, 1, 0x62, 0),
    Uint8Array.of(1, 4, 0xf4, 0x8f, 0xbf, 0xbf, 0, 0, 0, 0),
    Uint8Array.of(1, 3, 0xed, 0x9f, 0xbf, 0, 0, 0, 0),
  ],
  decode: throwing((bytes) => scanQuery(requestOf(bytes)), AspenError),
  check: (query) => {
    if (query.limit < 0 || query.limit > limits.scanLimitMax) throw new Error(`a limit of ${query.limit}`);
    const bounds = scanBounds(query);
    if (bounds?.lower === "" || bounds?.lower.startsWith("\u0000") === true) throw new Error("shows system keys");
    if (query.range.kind === "range") return;
    const { prefix } = query.range;
    const end = prefixEnd(prefix);
    if (end === undefined) return;
    const last = `${prefix}\u{10FFFF}`;
    if (compareKeys(last, end) >= 0) throw new Error("the end of a prefix lies among its keys");
    if (!end.isWellFormed()) throw new Error("the end of a prefix is no text");
  },
  canaries: [
    {
      name: "bounds with unpaired surrogates",
      file: "packages/api/src/scan-gate.ts",
      find: "if (!bound.isWellFormed()) {",
      replace: "if (bound === undefined) {",
    },
    {
      name: "the end of a prefix is a surrogate",
      file: "packages/state-machine/src/key-range.ts",
      find: "const raised = last + 1 === SURROGATE_FIRST ? SURROGATE_LAST + 1 : last + 1;",
      replace: "const raised = last + 1;",
    },
  ],
});
