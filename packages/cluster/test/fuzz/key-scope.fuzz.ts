import { AspenError, compareKeys, type KeyRange } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import { bytesOf } from "@aspenjs/fuzz/text-bytes";
import type { ClientRequest } from "@aspenjs/protocol";
import { assertInScope } from "../../src/key-scope.ts";

interface Scoped {
  readonly prefixes: readonly string[];
  readonly request: ClientRequest;
  /** Keys beside the range, to be told from those in it. */
  readonly probes: readonly string[];
}

function rangeOf(source: ByteSource): KeyRange {
  if (source.isSet()) return { kind: "prefix", prefix: source.text().toWellFormed() };
  return { kind: "range", start: source.text().toWellFormed(), end: source.text().toWellFormed() };
}

function requestOf(source: ByteSource): ClientRequest {
  const text = (): string => source.text().toWellFormed();
  return source.pick<() => ClientRequest>([
    () => ({ kind: "get", key: text(), consistency: "stale" }),
    () => ({
      kind: "scan",
      range: rangeOf(source),
      limit: 0,
      reverse: false,
      keysOnly: false,
      consistency: "stale",
      continuation: undefined,
    }),
    () => ({ kind: "write", command: { kind: "deleteMulti", keys: source.list(text) } }),
    () => ({ kind: "write", command: { kind: "delete", key: text() } }),
  ])();
}

function reaches(request: ClientRequest, key: string): boolean {
  switch (request.kind) {
    case "get":
      return request.key === key;
    case "scan": {
      const { range } = request;
      if (range.kind === "prefix") return key.startsWith(range.prefix);
      return compareKeys(key, range.start) >= 0 && compareKeys(key, range.end) < 0;
    }
    case "write":
      return "keys" in request.command
        ? request.command.keys.includes(key)
        : "key" in request.command && request.command.key === key;
    default:
      return false;
  }
}

export const target = defineTarget<Scoped>({
  name: "cluster/key-scope",
  decodes: "a request of a client whose ticket names prefixes",
  covers: [],
  frameBytesMax: 16_384,
  seeds: () => [
    Uint8Array.of(2, 0x61, 0x2f, 0, 0, 3, 0x61, 0x2f, 0x62),
    Uint8Array.of(1, 0x61, 0, 1, 1, 2, 0x61, 0x62, 1, 1, 0x62),
    Uint8Array.of(1, 0x61, 0, 1, 0, 2, 0x61, 0x61, 2, 0x61, 0x7a, 2, 2, 0x61, 0x62, 1, 0x62),
    Uint8Array.of(1, 0x61, 1, 1, 0x62, 2, 2, 1, 0x61, 2, 0x62, 0x63),
    Uint8Array.of(1, 0x61, 0, 3, 2, 0x61, 0x62, 0),
  ],
  dictionary: ["a", "b", "\uffff", "\u{10000}", "\u{10FFFF}"].map(bytesOf),
  decode: throwing((bytes) => {
    const source = new ByteSource(bytes);
    const prefixes = [source.text().toWellFormed(), ...source.list((items) => items.text().toWellFormed())];
    const request = requestOf(source);
    assertInScope(prefixes, request);
    return { prefixes, request, probes: source.list((items) => items.text().toWellFormed()) };
  }, AspenError),
  check: ({ prefixes, request, probes }) => {
    const keys = [
      ...probes,
      ...prefixes.flatMap((prefix) => [`${prefix}x`, prefix.slice(0, -1), `${prefix.slice(0, -1)}\u{10FFFF}`]),
    ];
    for (const key of keys) {
      if (prefixes.some((prefix) => key.startsWith(prefix))) continue;
      if (reaches(request, key)) throw new Error(`reaches ${JSON.stringify(key)}, which the ticket does not name`);
    }
  },
  canaries: [
    {
      name: "the end of a range is not looked at",
      file: "packages/cluster/src/key-scope.ts",
      find: "return range.start.startsWith(prefix) && range.end.startsWith(prefix);",
      replace: "return range.start.startsWith(prefix);",
    },
    {
      name: "one key of many is enough",
      file: "packages/cluster/src/key-scope.ts",
      find: "if (!keysOf(request.command).every(isKeyAllowed)) throw outOfScope();",
      replace: "if (!keysOf(request.command).some(isKeyAllowed)) throw outOfScope();",
    },
  ],
});
