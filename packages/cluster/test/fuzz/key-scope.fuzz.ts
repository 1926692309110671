import { AspenError, compareKeys, type KeyRange, type WriteCommand } from "@aspenjs/api";
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
    () => ({ kind: "write", command: { kind: "deleteRange", range: rangeOf(source) } }),
    () => {
      const compares = source.list(() => ({ target: "version", key: text(), operator: "=", number: 0 }) as const);
      const branch = () => source.list(() => ({ kind: "deleteRange", range: rangeOf(source) }) as const);
      return { kind: "write", command: { kind: "transaction", compares, success: branch(), failure: branch() } };
    },
  ])();
}

function reaches(request: ClientRequest, key: string): boolean {
  switch (request.kind) {
    case "get":
      return request.key === key;
    case "scan":
      return isIn(request.range, key);
    case "write":
      return isWritten(request.command, key);
    default:
      return false;
  }
}

function isWritten(command: WriteCommand, key: string): boolean {
  if (command.kind === "transaction") {
    const operations = [...command.success, ...command.failure];
    const isChanged = operations.some((operation) => "range" in operation && isIn(operation.range, key));
    return isChanged || command.compares.some((compare) => compare.key === key);
  }
  if ("range" in command) return isIn(command.range, key);
  return "keys" in command ? command.keys.includes(key) : "key" in command && command.key === key;
}

function isIn(range: KeyRange, key: string): boolean {
  if (range.kind === "prefix") return key.startsWith(range.prefix);
  return compareKeys(key, range.start) >= 0 && compareKeys(key, range.end) < 0;
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
      find: "keys.every(isKeyAllowed) &&",
      replace: "(keys.length === 0 || keys.some(isKeyAllowed)) &&",
    },
    {
      name: "one branch of a transaction is not looked at",
      file: "packages/cluster/src/key-scope.ts",
      find: "const operations = [...success, ...failure];",
      replace: "const operations = [...success, ...failure.slice(0, 0)];",
    },
  ],
});
